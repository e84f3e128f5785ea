#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include <rondo/net/http/content.h>
#include <rondo/net/http/headers.h>
#include <rondo/net/http/http_exception.h>
#include <rondo/net/http/url.h>
#include <rondo/runtime/coroutine.h>

// Request: what a client asks of a server, as a handler sees it.

namespace rondo::http {

namespace detail {
class RequestState;
}

/// A cheap handle; copies mean the same request. Its body can be read until the handler has
/// returned. See aiohttp.web.Request.
class Request {
 public:
  explicit Request(std::shared_ptr<detail::RequestState> state) noexcept
      : state_(std::move(state)) {}

  const std::string& method() const noexcept;
  const std::string& path() const noexcept;    ///< decoded, without the query
  const std::string& target() const noexcept;  ///< as it stands in the request's first line
  const Headers& headers() const noexcept;
  /// The part of the path that a `{name}` of the route stands for, decoded; empty if there is none.
  std::string match_info(std::string_view name) const;
  /// The query, decoded; and its first value of that name, or `fallback`.
  const Query& query() const noexcept;
  std::string query(std::string_view name, std::string_view fallback = {}) const;
  const std::string& remote() const noexcept;  ///< the client's address, "127.0.0.1:50123"

  /// The body piece by piece, of any size. A client that waits for a "100 Continue" gets it with
  /// the first piece. Throws HTTPException with 400 when it is malformed and 408 when it comes too
  /// slowly; ConnectionResetError when the client has gone. Left uncaught each does what is right.
  Content content() const;
  /// The whole body, which is kept: a second call yields the same. Throws as `content`, and
  /// HTTPException with 413 when it is larger than ServerOptions::client_max_size.
  Coroutine<std::string> read() const;
  Coroutine<std::string> text() const { return read(); }
  /// The whole body as JSON. Throws as `read`, and HTTPException with 400 when it is none. Include
  /// <rondo/net/http/json.h>.
  Coroutine<nlohmann::json> json() const;

 private:
  std::shared_ptr<detail::RequestState> state_;
};

}  // namespace rondo::http
