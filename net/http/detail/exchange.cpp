#include <utility>

#include <rondo/net/http/detail/exchange.h>
#include <rondo/net/http/detail/send.h>
#include <rondo/net/http/errors.h>
#include <rondo/net/ssl_error.h>

namespace rondo::http::detail {

namespace {

constexpr std::size_t sent_in_one_piece = 64 * 1024;  // bytes of a body; more are sent by a task

std::string request_head(const OutgoingRequest& request) {
  std::string text = request.method + ' ' + request.url.target() + " HTTP/1.1\r\n";
  const auto append = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  if (!request.headers.contains("Host")) append("Host", request.url.host_header());
  for (const auto& [name, value] : request.headers)
    append(name, value);
  const bool expects_body =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (request.body.is_stream()) {
    append("Transfer-Encoding", "chunked");
  } else if (!request.body.none() || expects_body) {
    append("Content-Length", std::to_string(request.body.bytes().size()));
  }
  return text + "\r\n";
}

/// Sends the request, or at least begins to.
void start_sending(const StreamWriter& writer, OutgoingRequest& request, Sender& sender) {
  writer.write(request_head(request));
  if (request.body.is_stream()) {
    sender.start(writer, std::exchange(request.body, Body()));
  } else if (request.body.bytes().size() > sent_in_one_piece) {
    sender.start(writer, request.body.copy());
  } else {
    writer.write(request.body.bytes());
  }
}

/// What the runtime and the parser throw, as the client's errors say it.
[[noreturn]] void throw_as_client_error(const std::string& request) {
  try {
    throw;
  } catch (const TruncatedError& error) {
    throw ServerDisconnectedError(request + ": " + error.what());
  } catch (const ProtocolError& error) {
    throw ClientResponseError(request + ": the answer is no HTTP: " + error.what(), 400);
  } catch (const OSError& error) {
    throw ServerDisconnectedError(request + ": the server ended the connection (" + error.what() +
                                  ")");
  }
}

Coroutine<std::unique_ptr<Connection>> connect(std::shared_ptr<Connector> connector,
                                               std::shared_ptr<OutgoingRequest> request,
                                               Connector::Wanted wanted) {
  const std::string text = request->text();
  const TimeLimit limit = TimeLimit::of(request->deadline, request->timeout.connect, "connect");
  const TimeLimit step = TimeLimit::of(std::nullopt, request->timeout.sock_connect, "sock_connect");
  try {
    co_return co_await within(
        Connector::connect(std::move(connector), request->url, request->ssl, wanted, step, text),
        limit, text);
  } catch (const SSLCertVerificationError& error) {
    throw ClientConnectorCertificateError(text + ": " + error.what());
  } catch (const OSError& error) {
    throw ClientConnectorError(text + ": cannot connect: " + error.what());
  } catch (const TimeoutError& error) {  // a handshake has a limit of its own
    throw ClientConnectorError(text + ": cannot connect: " + error.what());
  }
}

/// Waits for the head that is not an interim one (1xx). False: the server ended the connection.
Coroutine<bool> read_final_head(Connection& connection, bool answers_head) {
  for (;;) {
    const bool there = co_await connection.messages.wait_for_message();
    if (!there) co_return false;
    co_await connection.messages.read_head(answers_head);
    const int status = connection.messages.head().status;
    if (status == 101) throw ProtocolError(400, "a change of protocol that nobody asked for");
    if (status >= 200) co_return true;
  }
}

/// As that, within the limits. `sock_read` counts from the moment when the request is sent.
Coroutine<bool> wait_for_head(Connection& connection, const OutgoingRequest& request,
                              const Sender& sender) {
  for (;;) {
    const bool was_sent = sender.done();
    const Duration step = request.timeout.sock_read;
    const TimeLimit limit = TimeLimit::of(request.deadline, step, "sock_read");
    try {
      co_return co_await within(read_final_head(connection, request.method == "HEAD"), limit,
                                request.text());
    } catch (const ServerTimeoutError&) {
      if (was_sent || limit.span != step || connection.messages.begun()) throw;
    }
  }
}

/// One attempt. The connection goes to the response, and stays with the caller when it fails.
Coroutine<std::shared_ptr<ResponseState>> attempt(std::shared_ptr<Connector> connector,
                                                  std::unique_ptr<Connection>& connection,
                                                  std::shared_ptr<OutgoingRequest> request) {
  auto sender = std::make_unique<Sender>();
  bool there = false;
  try {
    start_sending(connection->writer, *request, *sender);
    there = co_await wait_for_head(*connection, *request, *sender);
  } catch (const std::exception&) {
    if (const std::exception_ptr error = sender->error()) std::rethrow_exception(error);
    throw_as_client_error(request->text());
  }
  if (const std::exception_ptr error = sender->error()) std::rethrow_exception(error);
  if (!there) {
    throw ServerDisconnectedError(request->text() +
                                  ": the server ended the connection instead of answering");
  }
  co_return std::make_shared<ResponseState>(*request, std::move(connector), std::move(connection),
                                            std::move(sender));
}

}  // namespace

bool OutgoingRequest::repeatable() const {
  const bool idempotent = method == "GET" || method == "HEAD" || method == "PUT" ||
                          method == "DELETE" || method == "OPTIONS" || method == "TRACE";
  return idempotent && !body.is_stream();
}

void Sender::start(const StreamWriter& writer, Body body) {
  failure_ = std::make_shared<std::exception_ptr>();
  task_ = create_task(send(writer, std::move(body), failure_));
}

void Sender::stop() noexcept {
  if (!done()) task_.cancel();
}

Coroutine<void> Sender::send(StreamWriter writer, Body body,
                             std::shared_ptr<std::exception_ptr> failure) {
  const BodyEnd end = body.is_stream() ? BodyEnd::chunked : BodyEnd::length;
  try {
    co_await send_body(writer, std::move(body), end, Duration::zero());
  } catch (const ConnectionError&) {
    // Whoever reads the answer will see it, behind what the server may have said before.
  } catch (const CancelledError&) {
    throw;
  } catch (...) {
    *failure = std::current_exception();
    if (Transport* const transport = writer.transport()) transport->abort();  // wakes the reader
  }
}

ResponseState::ResponseState(const OutgoingRequest& request, std::shared_ptr<Connector> connector,
                             std::unique_ptr<Connection> connection, std::unique_ptr<Sender> sender)
    : request(request.text()),
      method(request.method),
      url(request.url),
      head(std::move(connection->messages.head())),
      connector_(std::move(connector)),
      connection_(std::move(connection)),
      sender_(std::move(sender)),
      deadline_(request.deadline),
      sock_read_(request.timeout.sock_read) {
  release_if_complete();
}

void ResponseState::release_if_complete() {
  if (!connection_->messages.complete()) return;
  // An answer that came before its request was sent leaves a connection in the middle of a body.
  if (head.keep_alive && sender_->done() && !sender_->error()) {
    connector_->release(std::move(connection_));
  }
  close();
}

void ResponseState::close() noexcept {
  if (connection_ && reading_) return connection_->abort();  // `next` does the rest
  sender_.reset();
  connection_.reset();
}

Coroutine<std::optional<std::string>> ResponseState::next(std::shared_ptr<ContentSource>) {
  if (failure_) std::rethrow_exception(failure_);
  if (!connection_) co_return std::nullopt;
  if (reading_) throw RuntimeError(request + ": another task is reading this response's body");
  reading_ = true;
  std::optional<std::string> piece;
  try {
    const TimeLimit limit = TimeLimit::of(deadline_, sock_read_, "sock_read");
    piece = co_await within(connection_->messages.next(), limit, request);
    reading_ = false;
  } catch (const CancelledError&) {
    reading_ = false;
    throw;
  } catch (const ServerTimeoutError&) {
    failure_ = std::current_exception();
  } catch (const std::exception& error) {
    failure_ = std::make_exception_ptr(
        ClientPayloadError(request + ": the body is incomplete: " + error.what()));
  }
  if (failure_) {
    reading_ = false;
    close();
    std::rethrow_exception(failure_);
  }
  if (connection_) release_if_complete();
  co_return piece;
}

Coroutine<std::shared_ptr<ResponseState>> exchange(std::shared_ptr<Connector> connector,
                                                   std::shared_ptr<OutgoingRequest> request) {
  auto connection = co_await connect(connector, request, Connector::Wanted::any);
  const bool may_repeat = connection->reused() && request->repeatable();
  if (may_repeat) {
    try {
      co_return co_await attempt(connector, connection, request);
    } catch (const ServerDisconnectedError&) {
      if (connection->messages.begun()) throw;
    }
    connection.reset();
    connection = co_await connect(connector, request, Connector::Wanted::fresh);
  }
  co_return co_await attempt(connector, connection, request);
}

}  // namespace rondo::http::detail
