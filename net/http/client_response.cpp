#include <rondo/net/http/client_response.h>
#include <rondo/net/http/detail/exchange.h>
#include <rondo/net/http/errors.h>
#include <rondo/net/http/json.h>
#include <rondo/net/http/status.h>

namespace rondo::http {

namespace {

Coroutine<std::string> read_body(std::shared_ptr<detail::ResponseState> state) {
  if (!state->body) {
    std::string all = co_await Content(state).read();
    state->body = std::move(all);
  }
  co_return *state->body;
}

Coroutine<nlohmann::json> read_json(std::shared_ptr<detail::ResponseState> state) {
  const std::string text = co_await read_body(state);
  nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) {
    throw ClientPayloadError(state->request + ": the body, of content type \"" +
                             state->head.headers.get("Content-Type") + "\", is no JSON");
  }
  co_return value;
}

}  // namespace

ClientResponse::ClientResponse(std::shared_ptr<detail::ResponseState> state) noexcept
    : state_(std::move(state)) {}

int ClientResponse::status() const noexcept {
  return state_->head.status;
}
const std::string& ClientResponse::reason() const noexcept {
  return state_->head.reason;
}
const Headers& ClientResponse::headers() const noexcept {
  return state_->head.headers;
}
const std::string& ClientResponse::method() const noexcept {
  return state_->method;
}
const URL& ClientResponse::url() const noexcept {
  return state_->url;
}
const std::vector<URL>& ClientResponse::history() const noexcept {
  return state_->history;
}

void ClientResponse::raise_for_status() const {
  if (ok()) return;
  // The server's own words may hold anything; the status says what is known.
  throw ClientResponseError(state_->request + ": the server answers " + std::to_string(status()) +
                                ' ' + std::string(reason_phrase(status())),
                            status());
}

Content ClientResponse::content() const {
  return Content(state_);
}
Coroutine<std::string> ClientResponse::read() const {
  return read_body(state_);
}
Coroutine<nlohmann::json> ClientResponse::json() const {
  return read_json(state_);
}
void ClientResponse::close() const noexcept {
  state_->close();
}

}  // namespace rondo::http
