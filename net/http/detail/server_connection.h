#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include <rondo/net/http/application.h>
#include <rondo/net/http/detail/message_stream.h>
#include <rondo/net/http/detail/request_state.h>
#include <rondo/net/http/server.h>
#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/task.h>

namespace rondo::http::detail {

class ServerConnection;

/// What a server's connections share. The listener's callback and each connection's task hold it.
class ServerState {
 public:
  ServerState(Application application, ServerOptions options)
      : application(std::move(application)), options(std::move(options)) {}
  ServerState(const ServerState&) = delete;
  ServerState& operator=(const ServerState&) = delete;
  ~ServerState() { deadline_.cancel(); }

  /// Idle connections close now, the others when they have answered, or else at the deadline.
  static void close(const std::shared_ptr<ServerState>& self);
  static Coroutine<void> wait_closed(std::shared_ptr<ServerState> self);
  bool closing() const noexcept { return closing_; }
  std::size_t connections() const noexcept { return connections_.size(); }

  const Application application;
  const ServerOptions options;

 private:
  friend class ServerConnection;

  void abort_connections();

  std::list<ServerConnection*> connections_;  // each is in its task's frame, and takes itself out
  rondo::detail::SignalQueue all_gone_;
  TimerHandle deadline_;
  bool closing_ = false;
};

/// One client's connection. It lies in the frame of its task.
//
// | what it does         | limit             | when that is over | when the server closes |
// |----------------------|-------------------|-------------------|------------------------|
// | waits for a request  | keepalive_timeout | closes            | closes                 |
// | reads a head         | head_timeout      | 408, closes       | closes                 |
// | lets a handler run   |                   |                   | answers, closes        |
// | reads a body         | body_timeout      | 408, closes       | answers, closes        |
// | sends a response     | send_timeout      | aborts            | goes on, closes        |
// | reads what is unread | lingering_time    | closes            | goes on                |
class ServerConnection {
 public:
  ServerConnection(std::shared_ptr<ServerState> server, StreamReader reader, StreamWriter writer);
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;
  ~ServerConnection();

  /// The whole life of the connection.
  static Coroutine<void> serve(std::shared_ptr<ServerState> server, StreamReader reader,
                               StreamWriter writer);

  void close_if_idle() const;
  void abort();

 private:
  enum class After { next_request, close, linger };

  Coroutine<void> run();
  Coroutine<bool> wait_for_request();
  Coroutine<After> serve_request();
  Coroutine<After> refuse(int status, std::string why);
  Coroutine<Response> find_answer(std::shared_ptr<RequestState> request);
  Coroutine<Response> call_handler(const Handler& handler, std::shared_ptr<RequestState> request);
  Coroutine<After> respond(std::shared_ptr<RequestState> request, Response response);
  bool can_keep_alive(const RequestState& request, const Response& response) const;
  Coroutine<bool> drop_rest_of_body(RequestState& request);
  Coroutine<void> linger();
  void report(const char* what, std::exception_ptr error) const;

  const std::shared_ptr<ServerState> server_;
  StreamReader reader_;
  StreamWriter writer_;
  const std::shared_ptr<MessageStream> messages_;  // a handler's tasks may hold it too
  AnyTask task_;
  std::list<ServerConnection*>::iterator place_;  // in the server's list
  bool answered_before_ = false;                  // this is not the first request
  bool idle_ = true;                              // no request is being answered
  bool finished_ = false;                         // it ended as it should
};

}  // namespace rondo::http::detail
