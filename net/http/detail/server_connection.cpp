#include <cerrno>

#include <rondo/net/http/detail/response_head.h>
#include <rondo/net/http/detail/send.h>
#include <rondo/net/http/detail/server_connection.h>
#include <rondo/runtime/wait_for.h>

namespace rondo::http::detail {

namespace {

constexpr std::size_t most_to_drop = 256 * 1024;          // bytes of a body that nobody read
constexpr std::size_t most_to_linger = 16 * 1024 * 1024;  // bytes, before a refused client is cut
constexpr auto lingering_time = std::chrono::seconds(2);

Limits limits_of(const ServerOptions& options) {
  Limits limits;
  limits.head = options.max_head_size;
  return limits;
}

Response error_response(int status, const std::string& text) {
  return Response(std::to_string(status) + ": " + text + "\n", status);
}

}  // namespace

ServerConnection::ServerConnection(std::shared_ptr<ServerState> server, StreamReader reader,
                                   StreamWriter writer)
    : server_(std::move(server)),
      reader_(std::move(reader)),
      writer_(std::move(writer)),
      messages_(std::make_shared<MessageStream>(reader_, Parser::Kind::request,
                                                limits_of(server_->options))),
      task_(current_task()),
      place_(server_->connections_.insert(server_->connections_.end(), this)) {}

ServerConnection::~ServerConnection() {
  server_->connections_.erase(place_);
  if (server_->connections_.empty()) server_->all_gone_.wake_all();
  if (finished_) return;
  if (Transport* const transport = writer_.transport()) transport->abort();
}

Coroutine<void> ServerConnection::serve(std::shared_ptr<ServerState> server, StreamReader reader,
                                        StreamWriter writer) {
  ServerConnection connection(std::move(server), std::move(reader), std::move(writer));
  try {
    co_await connection.run();
  } catch (const OSError&) {
    // The client has gone, which is its right.
  } catch (const TimeoutError&) {
    // It does not take what it asked for.
  }
}

void ServerConnection::close_if_idle() const {
  if (idle_) writer_.close();
}

void ServerConnection::abort() {
  if (Transport* const transport = writer_.transport()) transport->abort();
  task_.cancel();
}

Coroutine<void> ServerConnection::run() {
  for (;;) {
    const bool there = co_await wait_for_request();
    if (!there) break;
    const After after = co_await serve_request();
    if (after == After::next_request) continue;
    if (after == After::linger) co_await linger();
    break;
  }
  finished_ = true;
  writer_.close();
}

/// False: the client has gone, or wants nothing more for too long, or the server closes.
Coroutine<bool> ServerConnection::wait_for_request() {
  idle_ = true;
  if (server_->closing()) co_return false;
  const ServerOptions& options = server_->options;
  const Duration limit = answered_before_ ? options.keepalive_timeout : options.head_timeout;
  try {
    co_return co_await wait_for(messages_->wait_for_message(), limit);
  } catch (const TimeoutError&) {
    co_return false;
  }
}

Coroutine<ServerConnection::After> ServerConnection::serve_request() {
  int status = 0;  // 0: all is well
  std::string why;
  std::shared_ptr<RequestState> request;
  try {
    co_await wait_for(messages_->read_head(), server_->options.head_timeout);
    request = std::make_shared<RequestState>(messages_, writer_, server_->options);
  } catch (const TruncatedError&) {
    co_return After::close;
  } catch (const ProtocolError& error) {
    status = error.status();
    why = error.what();
  } catch (const TimeoutError&) {
    status = 408;
    why = "the head of the request comes too slowly";
  }
  idle_ = false;
  answered_before_ = true;
  if (status != 0) co_return co_await refuse(status, std::move(why));
  Response response = co_await find_answer(request);
  request->end();
  co_return co_await respond(std::move(request), std::move(response));
}

/// What cannot be understood is answered, and what follows it is not looked at.
Coroutine<ServerConnection::After> ServerConnection::refuse(int status, std::string why) {
  const Response response = error_response(status, why);
  ResponsePlan plan;
  plan.keep_alive = false;
  writer_.write(response_head(response, plan, server_->options.server_name));
  writer_.write(response.body.bytes());
  co_await wait_for(writer_.drain(), server_->options.send_timeout);
  co_return After::linger;
}

Coroutine<Response> ServerConnection::find_answer(std::shared_ptr<RequestState> request) {
  Resolved resolved = server_->application.resolve(request->head.method, request->raw_path);
  if (resolved.handler != nullptr) {
    request->match_info = std::move(resolved.match_info);
    co_return co_await call_handler(*resolved.handler, std::move(request));
  }
  if (resolved.allowed.empty()) co_return error_response(404, "Not Found");
  Response response = error_response(405, "Method Not Allowed");
  response.headers.add("Allow", resolved.allowed);
  co_return response;
}

Coroutine<Response> ServerConnection::call_handler(const Handler& handler,
                                                   std::shared_ptr<RequestState> request) {
  try {
    co_return co_await handler(Request(request));
  } catch (const HTTPException& error) {
    co_return error_response(error.status(), error.what());
  } catch (const CancelledError&) {
    throw;
  } catch (const ConnectionError&) {
    // When the client has gone it is no wonder that its handler cannot go on. It may have ended
    // its own direction only, and read the answer.
    if (request->broken()) co_return error_response(400, "the body is incomplete");
    report("Unhandled exception in an HTTP handler", std::current_exception());
  } catch (...) {
    report("Unhandled exception in an HTTP handler", std::current_exception());
  }
  co_return error_response(500, "Internal Server Error");
}

bool ServerConnection::can_keep_alive(const RequestState& request, const Response& response) const {
  if (server_->closing() || !request.head.keep_alive || request.broken() || request.reading()) {
    return false;
  }
  if (response.headers.has_word("Connection", "close")) return false;
  if (response.body.is_stream() && request.head.minor_version == 0) return false;
  if (messages_->complete()) return true;
  // A client that was not told to go on may or may not send its body; nobody can tell.
  return !request.continue_pending() && request.content_length.value_or(0) <= most_to_drop;
}

Coroutine<ServerConnection::After> ServerConnection::respond(std::shared_ptr<RequestState> request,
                                                             Response response) {
  ResponsePlan plan;
  const bool is_new = request->head.minor_version == 1;
  plan.with_body =
      request->head.method != "HEAD" && response.status != 204 && response.status != 304;
  plan.keep_alive = can_keep_alive(*request, response);
  plan.say_keep_alive = !is_new;
  if (response.body.is_stream()) plan.end = is_new ? BodyEnd::chunked : BodyEnd::close;
  if (response.body.is_stream() && (response.status == 204 || response.status == 304)) {
    plan.end = BodyEnd::close;  // says nothing of a length
  }
  std::string head;
  try {
    head = response_head(response, plan, server_->options.server_name);
  } catch (const ValueError&) {
    report("An HTTP response cannot be sent", std::current_exception());
    response = error_response(500, "Internal Server Error");
    plan.end = BodyEnd::length;
    plan.with_body = request->head.method != "HEAD";
    head = response_head(response, plan, server_->options.server_name);
  }
  writer_.write(head);
  if (plan.with_body) {
    try {
      co_await send_body(writer_, std::move(response.body), plan.end,
                         server_->options.send_timeout);
    } catch (const OSError&) {
      throw;
    } catch (const TimeoutError&) {
      throw;
    } catch (const std::exception&) {
      report("Unhandled exception in the body of an HTTP response", std::current_exception());
      // The last chunk is missing, so the client knows. One that takes the connection's end for the
      // body's must be told by a reset.
      if (plan.end == BodyEnd::chunked) co_return After::close;
      throw ConnectionResetError(ECONNRESET, "an HTTP response broke off");
    }
  }
  if (request->reading()) co_return After::close;  // by a task of the handler's
  if (!plan.keep_alive) {
    co_return messages_->complete() && !request->broken() ? After::close : After::linger;
  }
  const bool dropped = co_await drop_rest_of_body(*request);
  co_return dropped ? After::next_request : After::linger;
}

/// What the handler did not read is in the way of the next request. False: it is too much.
Coroutine<bool> ServerConnection::drop_rest_of_body(RequestState& request) {
  std::size_t dropped = 0;
  while (!messages_->complete() && dropped <= most_to_drop) {
    try {
      const std::optional<std::string> piece = co_await request.drop_next();
      if (piece) dropped += piece->size();
    } catch (const HTTPException&) {
      co_return false;
    }
  }
  co_return messages_->complete();
}

/// A close while bytes come in resets the connection, and takes the answer with it before the
/// client has read it (RFC 9112, 9.6). So what comes is read for a while.
Coroutine<void> ServerConnection::linger() {
  if (writer_.can_write_eof()) writer_.write_eof();
  const auto read_on = [](StreamReader reader) -> Coroutine<void> {
    std::size_t count = 0;
    while (count < most_to_linger) {
      const std::string bytes = co_await reader.read(64 * 1024);
      if (bytes.empty()) co_return;
      count += bytes.size();
    }
  };
  try {
    co_await wait_for(read_on(reader_), lingering_time);
  } catch (const TimeoutError&) {
    // It was given its chance.
  }
}

void ServerConnection::report(const char* what, std::exception_ptr error) const {
  get_running_loop().call_exception_handler({what, std::move(error), task_.get_name()});
}

void ServerState::close(const std::shared_ptr<ServerState>& self) {
  if (self->closing_) return;
  self->closing_ = true;
  for (const ServerConnection* const connection : self->connections_)
    connection->close_if_idle();
  if (self->connections_.empty()) return;
  self->deadline_ = get_running_loop().call_later(self->options.shutdown_timeout,
                                                  [weak = std::weak_ptr<ServerState>(self)] {
                                                    if (const auto state = weak.lock())
                                                      state->abort_connections();
                                                  });
}

void ServerState::abort_connections() {
  for (ServerConnection* const connection : connections_)
    connection->abort();
}

Coroutine<void> ServerState::wait_closed(std::shared_ptr<ServerState> self) {
  while (!self->connections_.empty())
    co_await self->all_gone_.wait();
  self->deadline_.cancel();
}

}  // namespace rondo::http::detail
