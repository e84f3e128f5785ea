// Many connections at a time, more than there are descriptors for, and peers that are switched off.

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/net/open_connection.h>
#include <rondo/net/start_server.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/semaphore.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"

TEST_SUITE_BEGIN("heavy");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

using Connection = std::pair<StreamReader, StreamWriter>;

Coroutine<void> echo_lines(StreamReader reader, StreamWriter writer) {
  while (auto line = co_await reader.next()) {
    writer.write(*line);
    co_await writer.drain();
  }
}

/// Says its number and hears it back.
Coroutine<bool> answers(Connection connection, int number) {
  const std::string sent = std::to_string(number) + "\n";
  connection.second.write(sent);
  const std::string line = co_await connection.first.readline();
  co_return line == sent;
}

Coroutine<Connection> connect_within(Semaphore& at_once, std::uint16_t port) {
  co_await at_once.acquire();
  std::exception_ptr error;
  std::optional<Connection> connection;
  try {
    connection = co_await open_connection("127.0.0.1", port);
  } catch (...) {
    error = std::current_exception();
  }
  at_once.release();
  if (error) std::rethrow_exception(error);
  co_return *std::move(connection);
}

constexpr int count = 10'000;

TEST_CASE("[fault 46] ten thousand connections at a time, each with its own answers") {
  constexpr rlim_t needed = 2 * count + 200;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < needed && ::geteuid() != 0) {
    std::printf("SKIP [fault 46]: %d connections take %ju descriptors, and only %ju are allowed\n",
                count, static_cast<std::uintmax_t>(needed),
                static_cast<std::uintmax_t>(limit.rlim_max));
    return;
  }
  std::optional<DescriptorLimit> raised;
  if (limit.rlim_cur < needed) raised.emplace(needed);
  const auto talk = []() -> Coroutine<void> {
    ServerOptions options;
    options.backlog = 1024;
    const Server server = co_await start_server(echo_lines, "127.0.0.1", 0, options);
    const std::uint16_t port = server.sockets().at(0).port();
    Semaphore at_once(500);
    std::vector<Task<Connection>> connecting;
    for (int i = 0; i < count; ++i)
      connecting.push_back(create_task(connect_within(at_once, port)));
    std::vector<Connection> connections = co_await gather(connecting);
    connecting.clear();
    CHECK(open_descriptors() >= 2 * count);
    for (int round = 0; round < 2; ++round) {
      std::vector<Task<bool>> talking;
      for (int i = 0; i < count; ++i)
        talking.push_back(create_task(answers(connections[i], round * count + i)));
      int right = 0;
      for (const bool is_right : co_await gather(talking))
        right += is_right ? 1 : 0;
      CHECK(right == count);
    }
    server.close();
    connections.clear();
    co_await server.wait_closed();
  };
  run_bounded(talk, LoopOptions(), 120s);
}

TEST_CASE("[fault 46] who finds no descriptor has an error of his own, and the others go on") {
  if (sanitizer_needs_descriptors("[fault 46]")) return;
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener(1000);
    const std::uint16_t port = port_of(listener);
    const Connection first = co_await open_connection("127.0.0.1", port);
    const FileDescriptor peer = accept_now(listener);
    const DescriptorLimit limit(open_descriptors() + 50);
    std::vector<Task<Connection>> connecting;
    for (int i = 0; i < 500; ++i)
      connecting.push_back(create_task(open_connection("127.0.0.1", port)));
    int refused = 0;
    std::vector<Connection> connections;
    for (Task<Connection>& task : connecting) {
      try {
        connections.push_back(co_await task);
      } catch (const OSError& error) {
        if (error.code().value() == EMFILE) ++refused;
        CHECK(std::string(error.what()).find("127.0.0.1:" + std::to_string(port)) !=
              std::string::npos);
      }
    }
    connecting.clear();
    CHECK(connections.size() >= 40);
    CHECK(refused + connections.size() == 500);
    first.second.write("still here\n");
    const std::string line = co_await receive(peer, 11);
    CHECK(line == "still here\n");
    // Those that are given back can be had again.
    connections.clear();
    co_await let_run(5);
    const Connection again = co_await open_connection("127.0.0.1", port);
    CHECK_FALSE(again.second.is_closing());
  });
}

/// Switches the loopback of this network namespace on or off.
bool set_loopback(bool on) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return false;
  request.ifr_flags =
      static_cast<short>(on ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
  return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

/// What a read says whose peer falls silent, in a child with a network of its own.
std::string read_from_the_dead() {
  std::string text = "nothing";
  run_bounded([&text]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    ConnectOptions options;
    options.keep_alive = KeepAlive{1s, 1s, 1};
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(listener), options);
    set_loopback(false);
    try {
      co_await reader.read();
    } catch (const OSError& error) {
      text = error.what();
    }
  });
  return text;
}

TEST_CASE("[fault 47] a peer that was switched off: keepalive ends the connection in time") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const FileDescriptor from(ends[0]);
  FileDescriptor to(ends[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(30);
    if (::unshare(CLONE_NEWNET) != 0 || !set_loopback(true)) ::_exit(3);
    std::string text;
    try {
      text = read_from_the_dead();
    } catch (const std::exception& error) {
      text = std::string("error: ") + error.what();
    }
    const ssize_t written = ::write(to.get(), text.data(), text.size());
    ::_exit(written < 0 ? 1 : 0);
  }
  {
    const FileDescriptor closed = std::move(to);
  }
  std::string text(512, '\0');
  text.resize(
      static_cast<std::size_t>(std::max<ssize_t>(0, ::read(from.get(), text.data(), text.size()))));
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 3) {
    std::puts("SKIP [fault 47]: a network of one's own takes root");
    return;
  }
  CHECK(text == "receive: Connection timed out");
}

}  // namespace

TEST_SUITE_END();
