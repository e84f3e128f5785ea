#include <cerrno>

#include <rondo/net/http/detail/request_state.h>
#include <rondo/net/http/errors.h>
#include <rondo/net/http/json.h>
#include <rondo/net/http/request.h>
#include <rondo/runtime/wait_for.h>

namespace rondo::http {

namespace detail {

namespace {

/// Path and query of what a request's first line asks for (RFC 9112, 3.2).
std::string path_and_query(const std::string& target) {
  if (target.find('#') != std::string::npos) throw ProtocolError(400, "a URL with a fragment");
  if (target.starts_with('/')) return target;
  if (target == "*") return "/*";  // OPTIONS for the server as a whole: no route is there
  try {
    return URL(target).target();
  } catch (const InvalidURL&) {
    throw ProtocolError(400, "a request for something that is no path");
  }
}

}  // namespace

RequestState::RequestState(std::shared_ptr<MessageStream> messages, StreamWriter writer,
                           const ServerOptions& options)
    : head(std::move(messages->head())),
      remote(writer.get_extra_info("peername")),
      client_max_size(options.client_max_size),
      content_length(messages->content_length()),
      messages_(std::move(messages)),
      writer_(std::move(writer)),
      timeout_(options.body_timeout),
      rate_(std::max<std::size_t>(options.body_rate, 1)),
      begun_(get_running_loop().time()) {
  const std::string wanted = path_and_query(head.target);
  const std::size_t question = wanted.find('?');
  raw_path = wanted.substr(0, question);
  try {
    path = unquote(raw_path);
    if (question != std::string::npos) query = parse_query(wanted.substr(question + 1));
  } catch (const ValueError& error) {
    throw ProtocolError(400, error.what());
  }
  if (head.headers.contains("Expect") && head.minor_version == 1) {
    if (!same_name(head.headers.get("Expect"), "100-continue")) {
      throw ProtocolError(417, "only 100-continue can be expected");
    }
    continue_pending_ = !messages_->complete();
  }
}

Duration RequestState::time_left() const {
  const auto more = std::chrono::seconds(received_ / rate_);
  return saturating_add(begun_, timeout_ + more) - get_running_loop().time();
}

Coroutine<std::optional<std::string>> RequestState::next(std::shared_ptr<ContentSource>) {
  if (over_) throw RuntimeError("the request's body can be read only until its handler returns");
  if (reading_) throw RuntimeError("another task is reading this request's body");
  if (std::exchange(continue_pending_, false)) writer_.write("HTTP/1.1 100 Continue\r\n\r\n");
  return receive();
}

Coroutine<std::optional<std::string>> RequestState::receive() {
  reading_ = true;
  std::optional<std::string> piece;
  try {
    piece = co_await receive_in_time();
  } catch (...) {
    reading_ = false;
    throw;
  }
  reading_ = false;
  if (piece) received_ += piece->size();
  co_return piece;
}

/// The next piece, or what a handler has to know when there is none.
Coroutine<std::optional<std::string>> RequestState::receive_in_time() {
  try {
    co_return co_await wait_for(messages_->next(), time_left());
  } catch (const TimeoutError&) {
    broken_ = true;
    throw HTTPException(408, "the body comes too slowly");
  } catch (const TruncatedError&) {
    broken_ = true;
    throw ConnectionResetError(ECONNRESET, "the client ended the connection before its request");
  } catch (const ProtocolError& error) {
    broken_ = true;
    throw HTTPException(error.status(), error.what());
  } catch (const OSError&) {
    broken_ = true;
    throw;
  }
}

namespace {

Coroutine<std::string> read_body(std::shared_ptr<RequestState> state) {
  if (state->body) co_return *state->body;
  std::string all;
  const std::size_t limit = state->client_max_size;
  bool too_large = state->content_length.value_or(0) > limit;
  while (!too_large) {
    const std::optional<std::string> piece = co_await state->next(state);
    if (!piece) break;
    all += *piece;
    too_large = all.size() > limit;
  }
  if (too_large) {
    throw HTTPException(413, "the body is larger than " + std::to_string(limit) + " bytes");
  }
  state->body = all;
  co_return all;
}

Coroutine<nlohmann::json> read_json(std::shared_ptr<RequestState> state) {
  const std::string text = co_await read_body(state);
  nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) throw HTTPException(400, "the body is no JSON");
  co_return value;
}

}  // namespace

}  // namespace detail

const std::string& Request::method() const noexcept {
  return state_->head.method;
}
const std::string& Request::path() const noexcept {
  return state_->path;
}
const std::string& Request::target() const noexcept {
  return state_->head.target;
}
const Headers& Request::headers() const noexcept {
  return state_->head.headers;
}
const std::string& Request::remote() const noexcept {
  return state_->remote;
}
const Query& Request::query() const noexcept {
  return state_->query;
}

std::string Request::match_info(std::string_view name) const {
  const auto found = state_->match_info.find(name);
  return found == state_->match_info.end() ? std::string() : found->second;
}

std::string Request::query(std::string_view name, std::string_view fallback) const {
  for (const auto& [key, value] : state_->query) {
    if (key == name) return value;
  }
  return std::string(fallback);
}

Content Request::content() const {
  return Content(state_);
}
Coroutine<std::string> Request::read() const {
  return detail::read_body(state_);
}
Coroutine<nlohmann::json> Request::json() const {
  return detail::read_json(state_);
}

}  // namespace rondo::http
