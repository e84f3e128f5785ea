#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <rondo/net/http/content.h>
#include <rondo/net/http/headers.h>
#include <rondo/net/http/url.h>
#include <rondo/runtime/coroutine.h>

// ClientResponse: the answer to a request. Its head is there; its body comes when it is read.
//
// The connection belongs to it until the body's end, and then goes back to the session. A response
// that is dropped earlier closes its connection: what the server would still send is in the way of
// the next answer.

namespace rondo::http {

namespace detail {
class ResponseState;
}

/// A cheap handle; copies mean the same response. See aiohttp.ClientResponse.
class ClientResponse {
 public:
  explicit ClientResponse(std::shared_ptr<detail::ResponseState> state) noexcept;

  int status() const noexcept;
  /// What stands behind the status, as in "Not Found"; possibly nothing.
  const std::string& reason() const noexcept;
  const Headers& headers() const noexcept;
  const std::string& method() const noexcept;  ///< of the last request: redirects may change it
  const URL& url() const noexcept;             ///< where the answer comes from
  /// The URLs that redirected, in order.
  const std::vector<URL>& history() const noexcept;
  bool ok() const noexcept { return status() < 400; }
  /// Throws ClientResponseError, with the status, unless `ok()`. The body can be read still.
  void raise_for_status() const;

  /// The body piece by piece. Throws ClientPayloadError when the connection ends too early or the
  /// framing is malformed, ServerTimeoutError.
  Content content() const;
  /// The whole body, which is kept: a second call yields the same. There is no limit but the
  /// memory. Throws as `content`. `text` says that it is text; its encoding is not looked at.
  Coroutine<std::string> read() const;
  Coroutine<std::string> text() const { return read(); }
  /// The whole body as JSON, whatever the content type. (aiohttp insists on "application/json";
  /// many a device sends another.) Throws ClientPayloadError when it is none. Include
  /// <rondo/net/http/json.h>.
  Coroutine<nlohmann::json> json() const;

  /// Closes the connection if the body was not read to its end.
  void close() const noexcept;

 private:
  std::shared_ptr<detail::ResponseState> state_;
};

}  // namespace rondo::http
