#include <algorithm>

#include <rondo/net/http/client.h>
#include <rondo/net/http/detail/exchange.h>
#include <rondo/runtime/sleep.h>

namespace rondo::http {

namespace detail {

class SessionState {
 public:
  explicit SessionState(SessionOptions session_options)
      : options(std::move(session_options)),
        connector(std::make_shared<Connector>(options.limit, options.limit_per_host,
                                              options.keepalive_timeout, limits_of(options))) {
    if (!options.base_url.empty()) base_url.emplace(options.base_url);
  }
  SessionState(const SessionState&) = delete;
  SessionState& operator=(const SessionState&) = delete;
  ~SessionState() { connector->close(); }

  static Limits limits_of(const SessionOptions& options) {
    Limits limits;
    limits.head = options.max_head_size;
    return limits;
  }

  const SessionOptions options;
  std::optional<URL> base_url;
  const std::shared_ptr<Connector> connector;
};

namespace {

constexpr std::size_t most_to_drain = 64 * 1024;  // bytes of a redirect's body

void merge(Headers& headers, const Headers& others) {
  for (const auto& [name, value] : others)
    headers.remove(name);
  for (const auto& [name, value] : others)
    headers.add(name, value);
}

Headers all_headers(const SessionOptions& session, const RequestOptions& options,
                    const Body& body) {
  Headers headers = session.headers;
  merge(headers, options.headers);
  for (const char* const ours : {"Content-Length", "Transfer-Encoding"}) {
    if (headers.contains(ours)) {
      throw ValueError("HTTP header " + std::string(ours) + " follows from the body; leave it out");
    }
  }
  const std::optional<BasicAuth>& auth = options.auth ? options.auth : session.auth;
  if (auth) headers.set("Authorization", auth->encode());
  headers.set_default("Accept", "*/*");
  headers.set_default("User-Agent", "rondo/0.1");
  if (!body.none()) {
    const std::string& type = body.content_type();
    headers.set_default("Content-Type", type.empty() ? "application/octet-stream" : type);
  }
  return headers;
}

std::shared_ptr<OutgoingRequest> prepare(const SessionState& session, std::string method,
                                         const std::string& url, Body body,
                                         const RequestOptions& options) {
  if (!is_token(method)) throw ValueError("the HTTP method is refused: letters only, as in GET");
  URL where = session.base_url ? session.base_url->join(url) : URL(url);
  auto request =
      std::make_shared<OutgoingRequest>(std::move(method), where.with_query(options.params));
  request->headers = all_headers(session.options, options, body);
  request->body = std::move(body);
  request->timeout = options.timeout.value_or(session.options.timeout);
  if (request->timeout.total > Duration::zero()) {
    request->deadline = saturating_add(get_running_loop().time(), request->timeout.total);
  }
  request->ssl = options.ssl ? options.ssl : session.options.ssl;
  return request;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// What servers write there is not always a URL by the letter; browsers encode the rest.
URL location_of(const URL& base, const std::string& location) {
  std::string encoded;
  for (const char character : location) {
    constexpr std::string_view others = "\"<>\\^`{|}";
    const bool plain = character > ' ' && character < 0x7f;
    if (plain && others.find(character) == std::string_view::npos) {
      encoded += character;
    } else {
      encoded += quote(std::string_view(&character, 1));
    }
  }
  return base.join(encoded);
}

/// Makes of a request the one that a redirect asks for. True when the body is to be sent again.
bool redirect(OutgoingRequest& request, int status, const std::string& location) {
  const URL where = location_of(request.url, location);
  const bool becomes_get = (status == 303 && request.method != "HEAD") ||
                           ((status == 301 || status == 302) && request.method == "POST");
  if (becomes_get) {
    request.method = "GET";
    request.body = Body();
    request.headers.remove("Content-Type");
  }
  if (where.origin() != request.url.origin()) {
    for (const char* const secret : {"Authorization", "Cookie", "Proxy-Authorization"})
      request.headers.remove(secret);
    request.headers.remove("Host");
  }
  request.url = where;
  return !becomes_get;
}

/// Reads the body of a response that nobody wants, so that its connection can be used again.
Coroutine<void> drain(std::shared_ptr<ResponseState> response) {
  std::size_t size = 0;
  while (size < most_to_drain) {
    const std::optional<std::string> piece = co_await response->next(response);
    if (!piece) co_return;
    size += piece->size();
  }
  response->close();
}

Coroutine<ClientResponse> perform(std::shared_ptr<SessionState> session, std::string method,
                                  std::string url, Body body, RequestOptions options) {
  if (session->connector->closed()) throw RuntimeError("the HTTP session is closed");
  const bool streamed = body.is_stream();
  const auto request = prepare(*session, std::move(method), url, std::move(body), options);
  std::vector<URL> history;
  for (;;) {
    const std::shared_ptr<ResponseState> state = co_await exchange(session->connector, request);
    const std::string location = state->head.headers.get("Location");
    if (!options.allow_redirects || !is_redirect(state->head.status) || location.empty()) {
      state->history = std::move(history);
      const ClientResponse response(state);
      if (options.raise_for_status.value_or(session->options.raise_for_status)) {
        response.raise_for_status();
      }
      co_return response;
    }
    if (std::ssize(history) >= options.max_redirects) {
      throw TooManyRedirects(state->request + ": redirected more than " +
                                 std::to_string(options.max_redirects) + " times",
                             state->head.status);
    }
    history.push_back(request->url);
    co_await drain(state);
    const bool with_body = redirect(*request, state->head.status, location);
    if (streamed && with_body) {
      throw ClientError(state->request +
                        ": the redirect wants the body again, and a generator made it");
    }
  }
}

}  // namespace

}  // namespace detail

ClientSession::ClientSession(SessionOptions options)
    : state_(std::make_shared<detail::SessionState>(std::move(options))) {}

Coroutine<ClientResponse> ClientSession::request(std::string method, std::string url, Body body,
                                                 RequestOptions options) const {
  return detail::perform(state_, std::move(method), std::move(url), std::move(body),
                         std::move(options));
}
Coroutine<ClientResponse> ClientSession::get(std::string url, RequestOptions options) const {
  return request("GET", std::move(url), Body(), std::move(options));
}
Coroutine<ClientResponse> ClientSession::head(std::string url, RequestOptions options) const {
  return request("HEAD", std::move(url), Body(), std::move(options));
}
Coroutine<ClientResponse> ClientSession::delete_(std::string url, RequestOptions options) const {
  return request("DELETE", std::move(url), Body(), std::move(options));
}
Coroutine<ClientResponse> ClientSession::post(std::string url, Body body,
                                              RequestOptions options) const {
  return request("POST", std::move(url), std::move(body), std::move(options));
}
Coroutine<ClientResponse> ClientSession::put(std::string url, Body body,
                                             RequestOptions options) const {
  return request("PUT", std::move(url), std::move(body), std::move(options));
}
Coroutine<ClientResponse> ClientSession::patch(std::string url, Body body,
                                               RequestOptions options) const {
  return request("PATCH", std::move(url), std::move(body), std::move(options));
}

Coroutine<void> ClientSession::close() const {
  state_->connector->close();
  co_await sleep(std::chrono::seconds(0));  // so that the closes are on their way
}
bool ClientSession::closed() const noexcept {
  return state_->connector->closed();
}
std::size_t ClientSession::connections_in_use() const noexcept {
  return state_->connector->in_use();
}
std::size_t ClientSession::connections_idle() const noexcept {
  return state_->connector->idle();
}
Coroutine<void> ClientSession::aenter() const {
  co_return;
}
Coroutine<void> ClientSession::aexit(std::exception_ptr) const {
  return close();
}

Coroutine<ClientResponse> request(std::string method, std::string url, Body body,
                                  RequestOptions options) {
  const ClientSession session;
  co_return co_await session.request(std::move(method), std::move(url), std::move(body),
                                     std::move(options));
}
Coroutine<ClientResponse> get(std::string url, RequestOptions options) {
  return request("GET", std::move(url), Body(), std::move(options));
}
Coroutine<ClientResponse> post(std::string url, Body body, RequestOptions options) {
  return request("POST", std::move(url), std::move(body), std::move(options));
}

}  // namespace rondo::http
