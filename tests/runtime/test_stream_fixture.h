#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/runtime/descriptor_transport.h>
#include <rondo/runtime/run.h>
#include <rondo/runtime/sleep.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>
#include <rondo/runtime/wait_for.h>

// What the tests of streams share: a run with a limit, so that a hang is a failure; errors as
// values; connected sockets, in the hands of a stream or bare, to be the peer that does what it
// likes.

extern "C" [[gnu::weak]] void __ubsan_handle_dynamic_type_cache_miss();

namespace rondo::test {

inline LoopOptions virtual_time() {
  LoopOptions options;
  options.clock = ClockKind::virtual_time;
  return options;
}

/// Runs the coroutine that `body` makes. Throws TimeoutError when it is not done in time.
template <class F>
void run_bounded(F body, LoopOptions options = LoopOptions(),
                 std::chrono::seconds limit = std::chrono::seconds(20)) {
  run(wait_for(body(), limit), std::move(options));
}

/// The `Error` that awaiting throws, or nothing when it throws none.
template <class Error, class Awaitable>
Coroutine<std::optional<Error>> thrown_by(Awaitable awaitable) {
  std::optional<Error> thrown;
  try {
    static_cast<void>(co_await awaitable);
  } catch (const Error& error) {
    thrown.emplace(error);
  }
  co_return thrown;
}

/// Lets everything run that is ready, `turns` times over.
inline Coroutine<void> let_run(int turns = 1) {
  for (int i = 0; i < turns; ++i)
    co_await sleep(std::chrono::seconds(0));
}

/// Polls `condition` every millisecond. What polls has a limit around it, see `run_bounded`.
template <class Condition>
Coroutine<void> until(Condition condition) {
  while (!condition())
    co_await sleep(std::chrono::milliseconds(1));
}

/// A limit of open descriptors, and its end.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit lowered{limit, before_.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &lowered) != 0) throw std::runtime_error("setrlimit");
  }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

/// UBSan looks at an object through a pipe, and takes what it cannot see for broken. Says that the
/// test of case `what` is skipped, if so.
inline bool sanitizer_needs_descriptors(const char* what) {
  if (__ubsan_handle_dynamic_type_cache_miss == nullptr) return false;
  std::printf("SKIP %s: the sanitizer cannot do without descriptors\n", what);
  return true;
}

/// Two sockets that are connected to each other.
inline std::pair<FileDescriptor, FileDescriptor> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw std::runtime_error("socketpair");
  }
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

/// The end of a pipe that is read from, and the one that is written to.
inline std::pair<FileDescriptor, FileDescriptor> new_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

/// A reader and a writer over a connected socket.
inline std::pair<StreamReader, StreamWriter> stream_over(
    FileDescriptor socket, std::size_t limit = StreamReader::default_limit) {
  auto stream = std::make_shared<detail::Stream>(limit);
  DescriptorTransport::start(get_running_loop(), std::move(socket), stream);
  const auto handle = detail::Stream::handle_of(stream);
  return {detail::Stream::reader_of(handle), StreamWriter(handle)};
}

/// What has come for a bare socket, without waiting. Nothing: nothing yet; empty: the end.
inline std::optional<std::string> receive_now(const FileDescriptor& socket) {
  char bytes[4096];
  const ssize_t count = ::recv(socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
  if (count < 0) return std::nullopt;
  return std::string(bytes, static_cast<std::size_t>(count));
}

/// Waits for at least `count` bytes, fewer at the end of the stream.
inline Coroutine<std::string> receive(const FileDescriptor& socket, std::size_t count = 1) {
  std::string all;
  while (all.size() < count) {
    const std::optional<std::string> bytes = receive_now(socket);
    if (bytes && bytes->empty()) break;
    if (bytes) all += *bytes;
    if (!bytes) co_await sleep(std::chrono::milliseconds(1));
  }
  co_return all;
}

inline void send_now(const FileDescriptor& socket, std::string_view bytes) {
  const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("send");
}

}  // namespace rondo::test
