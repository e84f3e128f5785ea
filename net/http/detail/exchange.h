#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondo/net/http/body.h>
#include <rondo/net/http/client_options.h>
#include <rondo/net/http/content.h>
#include <rondo/net/http/detail/connector.h>
#include <rondo/runtime/task.h>

namespace rondo::http::detail {

/// A request as it goes over the wire, and what holds for its answer.
class OutgoingRequest {
 public:
  OutgoingRequest(std::string method_name, URL where)
      : method(std::move(method_name)), url(std::move(where)) {}

  /// For messages: "GET http://host/path".
  std::string text() const { return method + ' ' + url.text_without_query(); }
  /// Can it be sent twice without doing anything twice (RFC 9110, 9.2.2)?
  bool repeatable() const;

  std::string method;
  URL url;
  Headers headers;  // complete but for those of the body's length
  Body body;
  ClientTimeout timeout;
  std::optional<TimePoint> deadline;  // of the whole; nothing: none
  std::optional<SSLContext> ssl;
};

/// The task that sends a long body while the answer may be coming already.
class Sender {
 public:
  Sender() = default;
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;
  ~Sender() { stop(); }

  void start(const StreamWriter& writer, Body body);
  /// Asks it to end; its generator is closed in the background.
  void stop() noexcept;
  bool done() const noexcept { return !task_ || task_.done(); }
  /// What the body's generator threw, or null.
  std::exception_ptr error() const noexcept { return failure_ ? *failure_ : nullptr; }

 private:
  static Coroutine<void> send(StreamWriter writer, Body body,
                              std::shared_ptr<std::exception_ptr> failure);

  Task<> task_;                                  // empty: there was no need of one
  std::shared_ptr<std::exception_ptr> failure_;  // shared with the task
};

/// A response whose head has come. It holds the connection until the body's end.
class ResponseState final : public ContentSource {
 public:
  ResponseState(const OutgoingRequest& request, std::shared_ptr<Connector> connector,
                std::unique_ptr<Connection> connection, std::unique_ptr<Sender> sender);

  Coroutine<std::optional<std::string>> next(std::shared_ptr<ContentSource> self) override;
  /// Gives the connection up, if it is still held.
  void close() noexcept;
  bool ended() const noexcept { return connection_ == nullptr; }

  const std::string request;  // for messages
  const std::string method;
  const URL url;
  const MessageHead head;
  std::vector<URL> history;         // where redirects came from
  std::optional<std::string> body;  // once it was read as a whole

 private:
  void release_if_complete();

  std::shared_ptr<Connector> connector_;
  std::unique_ptr<Connection> connection_;  // null: the body has ended, or failed
  std::unique_ptr<Sender> sender_;          // as long as the connection is held
  std::exception_ptr failure_;              // what `next` threw for good
  const std::optional<TimePoint> deadline_;
  const Duration sock_read_;
  bool reading_ = false;  // a task waits in `next`
};

/// Sends a request and waits for the head of its answer; a connection that turns out to have been
/// closed by the server while it was idle is replaced once, if the request is repeatable. Throws
/// the ClientErrors of client.h.
Coroutine<std::shared_ptr<ResponseState>> exchange(std::shared_ptr<Connector> connector,
                                                   std::shared_ptr<OutgoingRequest> request);

}  // namespace rondo::http::detail
