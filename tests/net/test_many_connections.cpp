// Many connections at a time, more than there are descriptors for, and peers that are switched off.

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <stdexcept>
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
#include <rondo/runtime/event.h>
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

constexpr int connection_count = 10'000;
constexpr rlim_t needed_descriptors = connection_count + 200;  // descriptors, on each side

/// Raises this process's limit; nothing happens if it is high enough.
bool raise_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed_descriptors) return true;
  limit.rlim_cur = needed_descriptors;
  return limit.rlim_max >= needed_descriptors && ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/// Serves until a client says "quit" and all of them have gone, in a process of its own, since one
/// alone may not have descriptors for both sides. Writes its port to `out`.
Coroutine<void> serve_until_told(const FileDescriptor& out) {
  Event quit;
  const ClientConnected handler = [&quit](StreamReader reader,
                                          StreamWriter writer) -> Coroutine<void> {
    while (auto line = co_await reader.next()) {
      if (*line == "quit\n") quit.set();
      writer.write(*line);
      co_await writer.drain();
    }
  };
  ServerOptions options;
  options.backlog = 1024;
  const Server server = co_await start_server(handler, "127.0.0.1", 0, options);
  const std::uint16_t port = server.sockets().at(0).port();
  if (::write(out.get(), &port, sizeof port) != sizeof port) co_return;
  co_await quit.wait();
  server.close();
  co_await server.wait_closed();
}

/// A server in a child, which says 0 at its end if it has closed in an orderly way.
class ServerProcess {
 public:
  ServerProcess() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    const FileDescriptor from(ends[0]);
    const FileDescriptor to(ends[1]);
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("fork");
    if (child_ == 0) serve(to);
    if (::read(from.get(), &port_, sizeof port_) != sizeof port_) {
      throw std::runtime_error("the server did not start");
    }
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

  std::uint16_t port() const noexcept { return port_; }
  int wait() {
    int status = -1;
    ::waitpid(std::exchange(child_, -1), &status, 0);
    return status;
  }

 private:
  [[noreturn]] static void serve(const FileDescriptor& out) {
    ::alarm(150);
    try {
      run(serve_until_told(out));
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }

  pid_t child_ = -1;
  std::uint16_t port_ = 0;
};

TEST_CASE("[fault 46] ten thousand connections at a time, each with its own answers") {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  if (!raise_limit()) {
    std::printf("SKIP [fault 46]: %d connections take %ju descriptors, and only %ju are allowed\n",
                connection_count, static_cast<std::uintmax_t>(needed_descriptors),
                static_cast<std::uintmax_t>(before.rlim_max));
    return;
  }
  ServerProcess server;
  const auto talk = [&server]() -> Coroutine<void> {
    Semaphore at_once(500);
    std::vector<Task<Connection>> connecting;
    for (int i = 0; i < connection_count; ++i)
      connecting.push_back(create_task(connect_within(at_once, server.port())));
    std::vector<Connection> connections = co_await gather(connecting);
    connecting.clear();
    CHECK(open_descriptors() >= connection_count);
    for (int round = 0; round < 2; ++round) {
      std::vector<Task<bool>> talking;
      for (int i = 0; i < connection_count; ++i)
        talking.push_back(create_task(answers(connections[i], round * connection_count + i)));
      int right = 0;
      for (const bool is_right : co_await gather(talking))
        right += is_right ? 1 : 0;
      CHECK(right == connection_count);
    }
    connections[0].second.write("quit\n");
    const std::string quit = co_await connections[0].first.readline();
    CHECK(quit == "quit\n");
    connections.clear();
  };
  run_bounded(talk, LoopOptions(), 120s);
  CHECK(server.wait() == 0);
  ::setrlimit(RLIMIT_NOFILE, &before);
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
