// open_connection: whom it reaches, how it fails, and what is left when it is called off.

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/net/open_connection.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

using Connection = std::pair<StreamReader, StreamWriter>;

TEST_CASE("a connection by address, and by the name localhost") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    for (const char* host : {"127.0.0.1", "localhost"}) {
      CAPTURE(host);
      auto [reader, writer] = co_await open_connection(host, port_of(listener));
      const FileDescriptor peer = accept_now(listener);
      REQUIRE(peer);
      CHECK(writer.get_extra_info("peername") == "127.0.0.1:" + std::to_string(port_of(listener)));
      CHECK(writer.get_extra_info("sockname") == peer_address(peer.get()).text());
      send_now(peer, "hello\n");
      const std::string line = co_await reader.readline();
      CHECK(line == "hello\n");
      writer.close();
      co_await writer.wait_closed();
      CHECK(has_ended(peer));
    }
  });
}

TEST_CASE("[case 198] an IPv6 address, where the machine has one") {
  run_bounded([]() -> Coroutine<void> {
    FileDescriptor listener(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Address loopback = addresses_of("::1", 0).front();
    if (!listener || ::bind(listener.get(), loopback.get(), loopback.length()) != 0) {
      std::puts("SKIP [case 198]: this machine has no IPv6");
      co_return;
    }
    const auto port = port_of(listener);
    const auto refused = co_await thrown_by<ConnectionRefusedError>(open_connection("::1", port));
    REQUIRE(refused);
    CHECK(std::string(refused->what()).find("[::1]:" + std::to_string(port)) != std::string::npos);

    REQUIRE(::listen(listener.get(), 1) == 0);
    auto [reader, writer] = co_await open_connection("::1", port);
    CHECK(writer.get_extra_info("peername") == "[::1]:" + std::to_string(port));
  });
}

TEST_CASE("[case 198] a port at which nobody listens: refused, and the error names host and port") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor nobody = closed_port();
    const auto error =
        co_await thrown_by<ConnectionRefusedError>(open_connection("127.0.0.1", port_of(nobody)));
    REQUIRE(error);
    CHECK(error->code().value() == ECONNREFUSED);
    CHECK(std::string(error->what()) ==
          "connect to 127.0.0.1:" + std::to_string(port_of(nobody)) + ": Connection refused");
  });
}

TEST_CASE("[case 198] a host that is not known is an error that names it") {
  run_bounded([]() -> Coroutine<void> {
    const auto error = co_await thrown_by<OSError>(open_connection("no..such..router", 22));
    REQUIRE(error);
    CHECK(std::string(error->what()).find("no..such..router") != std::string::npos);
  });
}

/// What connecting to `host` yields, in a child that sees `hosts` as its hosts file. Nothing where
/// that takes more rights than there are.
std::optional<std::string> connect_among(const std::string& hosts, const std::string& host,
                                         std::uint16_t port) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const FileDescriptor from(ends[0]);
  FileDescriptor to(ends[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(20);
    std::string path = "/tmp/rondo-test-hosts-XXXXXX";
    const FileDescriptor file(::mkstemp(path.data()));
    std::ofstream(path) << hosts;
    const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount(path.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) == 0;
    ::unlink(path.c_str());
    if (!mounted) ::_exit(3);
    std::string text;
    try {
      run([&]() -> Coroutine<void> {
        auto [reader, writer] = co_await open_connection(host, port);
        text = "connected to " + writer.get_extra_info("peername");
      });
    } catch (const ConnectionRefusedError& error) {
      text = std::string("refused: ") + error.what();
    } catch (const std::exception& error) {
      text = std::string("another error: ") + error.what();
    }
    const ssize_t written = ::write(to.get(), text.data(), text.size());
    ::_exit(written < 0 ? 1 : 0);
  }
  {
    const FileDescriptor closed = std::move(to);
  }
  std::string text;
  char bytes[512];
  for (ssize_t count; (count = ::read(from.get(), bytes, sizeof bytes)) > 0;)
    text.append(bytes, static_cast<std::size_t>(count));
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 3) return std::nullopt;
  CHECK(WEXITSTATUS(status) == 0);
  return text;
}

TEST_CASE("[case 198] [fault 45] several addresses are tried in turn; if none will do, one error") {
  const std::string hosts = "127.0.0.2 two\n127.0.0.1 two\n127.0.0.3 none\n127.0.0.2 none\n";
  const FileDescriptor listener = bare_listener();
  const auto port = port_of(listener);
  const std::string port_text = ":" + std::to_string(port);
  const auto second = connect_among(hosts, "two", port);
  if (!second) {
    std::puts("SKIP [case 198]: to have another hosts file takes root");
    return;
  }
  CHECK(*second == "connected to 127.0.0.1" + port_text);

  const auto none = connect_among(hosts, "none", port);
  REQUIRE(none);
  CAPTURE(*none);
  CHECK(none->find("refused: no address of none" + port_text) == 0);
  const auto first_reason = none->find("127.0.0.3" + port_text + ": Connection refused");
  const auto second_reason = none->find("127.0.0.2" + port_text + ": Connection refused");
  CHECK(first_reason != std::string::npos);
  CHECK(second_reason != std::string::npos);
  CHECK(first_reason < second_reason);
}

TEST_CASE("[fault 27] [fault 45] a connect cancelled at any moment leaves no descriptor behind" *
          doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener(4096);
    const std::size_t before = open_descriptors();
    int cancelled = 0;
    int connected = 0;
    for (int round = 0; round < 1000; ++round) {
      auto connecting = create_task(open_connection("127.0.0.1", port_of(listener)));
      co_await let_run(round % 5);
      connecting.cancel();
      try {
        const Connection connection = co_await connecting;
        ++connected;
        connection.second.close();
        co_await connection.second.wait_closed();
      } catch (const CancelledError&) {
        ++cancelled;
      }
      while (const FileDescriptor peer = accept_now(listener)) {
      }
    }
    CHECK(cancelled >= 200);
    CHECK(cancelled + connected == 1000);
    CHECK(open_descriptors() == before);
  });
}

TEST_CASE("[fault 27] [fault 45] a connect that nobody answers is cancelled, and times out") {
  run_bounded([]() -> Coroutine<void> {
    // A full backlog: the kernel ignores who comes then.
    const FileDescriptor listener = bare_listener(0);
    const Address address = local_address(listener.get());
    const FileDescriptor first = connect_now(address);
    std::vector<FileDescriptor> also;
    for (int i = 0; i < 3; ++i) {
      also.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(also.back().get(), address.get(), address.length());
    }
    const std::size_t before = open_descriptors();
    for (int round = 0; round < 100; ++round) {
      auto connecting = create_task(open_connection("127.0.0.1", address.port()));
      co_await let_run(3);
      CHECK_FALSE(connecting.done());
      connecting.cancel();
      const auto error = co_await thrown_by<CancelledError>(connecting);
      CHECK(error);
    }
    const auto error = co_await thrown_by<TimeoutError>(
        wait_for(open_connection("127.0.0.1", address.port()), 10ms));
    CHECK(error);
    CHECK(open_descriptors() == before);
  });
}

/// Writes down what it is told.
class Diary final : public Protocol {
 public:
  void connection_made(Transport&) override { log += "made "; }
  std::span<char> get_buffer() override { return room_; }
  void buffer_updated(std::size_t count) override { log += std::string(room_, count); }
  void eof_received() override { log += " eof"; }
  void connection_lost(std::exception_ptr error) override { log += error ? " error" : " lost"; }

  std::string log;

 private:
  char room_[16];
};

TEST_CASE("create_connection tells its protocol everything in order, and the loss last") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    const auto diary = std::make_shared<Diary>();
    auto transport = co_await create_connection(diary, "127.0.0.1", port_of(listener));
    const FileDescriptor peer = accept_now(listener);
    send_now(peer, "one");
    co_await until([&] { return diary->log == "made one"; });
    transport->write("two");
    const std::string two = co_await receive(peer, 3);
    CHECK(two == "two");
    ::shutdown(peer.get(), SHUT_WR);
    co_await until([&] { return diary->log == "made one eof"; });
    CHECK_FALSE(transport->is_closing());
    transport->close();
    co_await until([&] { return diary->log == "made one eof lost"; });
    transport->close();
    transport->abort();
    transport->write("dropped");
    co_await let_run(3);
    CHECK(diary->log == "made one eof lost");
  });
}

}  // namespace
