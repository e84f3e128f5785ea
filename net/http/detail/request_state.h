#pragma once

#include <memory>
#include <optional>
#include <string>

#include <rondo/net/http/application.h>
#include <rondo/net/http/content.h>
#include <rondo/net/http/detail/message_stream.h>
#include <rondo/net/http/server.h>
#include <rondo/runtime/stream_writer.h>

namespace rondo::http::detail {

/// A request that is being answered. Its body is on the connection still.
class RequestState final : public ContentSource {
 public:
  /// Takes the head that was read. Throws ProtocolError when its target is no path.
  RequestState(std::shared_ptr<MessageStream> messages, StreamWriter writer,
               const ServerOptions& options);

  Coroutine<std::optional<std::string>> next(std::shared_ptr<ContentSource> self) override;
  /// The same for what the handler has left, once it has returned.
  Coroutine<std::optional<std::string>> drop_next() { return receive(); }
  /// The handler has returned: `next` is a RuntimeError from now on.
  void end() noexcept { over_ = true; }
  /// Does a task of the handler's wait for the body still?
  bool reading() const noexcept { return reading_; }
  /// The client waits for a "100 Continue" that it did not get.
  bool continue_pending() const noexcept { return continue_pending_; }
  /// True when the connection cannot have another request: the body did not come as it should.
  bool broken() const noexcept { return broken_; }

  const MessageHead head;
  std::string raw_path;  // of the target, encoded
  std::string path;      // decoded
  Query query;
  MatchInfo match_info;
  std::string remote;
  const std::size_t client_max_size;
  const std::optional<std::uint64_t> content_length;
  std::optional<std::string> body;  // once it was read as a whole

 private:
  Duration time_left() const;
  Coroutine<std::optional<std::string>> receive();
  Coroutine<std::optional<std::string>> receive_in_time();

  std::shared_ptr<MessageStream> messages_;
  StreamWriter writer_;
  const Duration timeout_;  // of the body
  const std::size_t rate_;  // bytes a second
  const TimePoint begun_;
  std::size_t received_ = 0;  // bytes of the body
  bool continue_pending_ = false;
  bool reading_ = false;
  bool broken_ = false;
  bool over_ = false;
};

}  // namespace rondo::http::detail
