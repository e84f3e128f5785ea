// What a program inherits that is started while a loop is at work: nothing of the loop's.

#include <array>
#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/net/open_connection.h>
#include <rondo/net/start_server.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// The descriptors that a program has which is started now, one a line.
std::string inherited_descriptors() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  const FileDescriptor from(ends[0]);
  {
    const FileDescriptor to(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork");
    if (child == 0) {
      ::dup2(to.get(), STDOUT_FILENO);
      ::execl("/bin/ls", "ls", "-1", "/proc/self/fd", nullptr);
      ::_exit(127);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0) throw std::runtime_error("ls");
  }
  std::string text(4096, '\0');
  text.resize(static_cast<std::size_t>(::read(from.get(), text.data(), text.size())));
  return text;
}

Coroutine<void> read_to_the_end(StreamReader reader, StreamWriter) {
  co_await reader.read();
}

TEST_CASE("[fault 56] a program that is started inherits neither ring nor sockets nor pipes") {
  const std::string before = inherited_descriptors();
  std::string meanwhile;
  run_bounded([&]() -> Coroutine<void> {
    Server server = co_await start_server(read_to_the_end, "127.0.0.1", 0);
    get_running_loop().add_signal_handler(SIGUSR1, [] {});
    const auto port = server.sockets()[0].port();
    auto [reader, writer] = co_await open_connection("127.0.0.1", port);
    writer.write("x");
    co_await sleep(1ms);
    // The listener, both ends of a connection, the ring and what wakes it.
    CHECK(open_descriptors() >= 5);
    meanwhile = inherited_descriptors();
    writer.close();
    co_await writer.wait_closed();
    server.close();
    co_await server.wait_closed();
  });
  CHECK(before.find("1\n") != std::string::npos);
  CHECK(meanwhile == before);
}

}  // namespace
