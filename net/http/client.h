#pragma once

#include <memory>
#include <string>

#include <rondo/net/http/body.h>
#include <rondo/net/http/client_options.h>
#include <rondo/net/http/client_response.h>
#include <rondo/net/http/errors.h>
#include <rondo/runtime/coroutine.h>

// ClientSession: requests, and the connections that they share. This is aiohttp's client.
//
//     http::ClientSession session;
//     auto response = co_await session.get("http://127.0.0.1:8080/devices");
//     fmt::print("{} {}\n", response.status(), co_await response.text());
//
// A connection goes back to the session when its response was read to the end, and serves the next
// request to that server. If the server has closed it meanwhile, and not a byte of an answer came,
// a request that may be repeated (GET, HEAD, PUT, DELETE, OPTIONS, TRACE, unless a generator makes
// the body) is sent once more over a new one.

namespace rondo::http {

namespace detail {
class SessionState;
}

/// A cheap handle; copies mean the same session. When the last is gone, idle connections are
/// closed; responses that are being read go on.
class ClientSession {
 public:
  explicit ClientSession(SessionOptions options = SessionOptions());

  /// Sends a request and yields its response when the head is there.
  ///
  /// Redirects are followed as browsers and aiohttp do: after 303, and for POST after 301 and 302,
  /// with GET and without the body; after 307 and 308 with both. Another server (another scheme,
  /// host or port) is given no Authorization and no Cookie.
  ///
  /// Throws InvalidURL; ClientConnectorError when no connection can be made;
  /// ServerDisconnectedError when it ends before the answer; ServerTimeoutError; TooManyRedirects;
  /// ClientResponseError when the answer is no HTTP, and for a status from 400 on if the options
  /// say so; ValueError for a method or header that could not be sent; what the body's generator
  /// throws; CancelledError, with the connection closed.
  Coroutine<ClientResponse> request(std::string method, std::string url, Body body = Body(),
                                    RequestOptions options = RequestOptions()) const;

  Coroutine<ClientResponse> get(std::string url, RequestOptions options = RequestOptions()) const;
  Coroutine<ClientResponse> head(std::string url, RequestOptions options = RequestOptions()) const;
  Coroutine<ClientResponse> delete_(std::string url,
                                    RequestOptions options = RequestOptions()) const;
  Coroutine<ClientResponse> post(std::string url, Body body,
                                 RequestOptions options = RequestOptions()) const;
  Coroutine<ClientResponse> put(std::string url, Body body,
                                RequestOptions options = RequestOptions()) const;
  Coroutine<ClientResponse> patch(std::string url, Body body,
                                  RequestOptions options = RequestOptions()) const;

  /// Closes idle connections; requests from now on are a RuntimeError. Those that are under way go
  /// on.
  Coroutine<void> close() const;
  bool closed() const noexcept;
  /// Connections that requests hold, and those that wait for one.
  std::size_t connections_in_use() const noexcept;
  std::size_t connections_idle() const noexcept;

  // For async_with.
  Coroutine<void> aenter() const;
  Coroutine<void> aexit(std::exception_ptr error) const;

 private:
  std::shared_ptr<detail::SessionState> state_;
};

/// One request in a session of its own; the connection is closed when the response is read or
/// dropped. As ClientSession::request.
Coroutine<ClientResponse> request(std::string method, std::string url, Body body = Body(),
                                  RequestOptions options = RequestOptions());
Coroutine<ClientResponse> get(std::string url, RequestOptions options = RequestOptions());
Coroutine<ClientResponse> post(std::string url, Body body,
                               RequestOptions options = RequestOptions());

}  // namespace rondo::http
