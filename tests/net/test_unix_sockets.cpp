// Unix sockets: streams and servers at a path or an abstract name, and the file that goes with it.

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/un.h>
#include <unistd.h>

#include <rondo/net/open_unix_connection.h>
#include <rondo/net/start_unix_server.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"
#include "stream_handlers.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A directory of the test's own, gone at its end with all that is in it.
class Directory {
 public:
  Directory() {
    std::string name = fs::temp_directory_path() / "rondo-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { fs::remove_all(path_); }

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// Connects, says something and gets it back.
Coroutine<void> check_echo(std::string path) {
  auto [reader, writer] = co_await open_unix_connection(path);
  writer.write("hello\n");
  const std::string line = co_await reader.readline();
  CHECK(line == "hello\n");
  writer.close();
  co_await writer.wait_closed();
}

FileDescriptor listener_at(const std::string& path, int backlog = 10) {
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address address = Address::of_path(path);
  if (::bind(socket.get(), address.get(), address.length()) != 0 ||
      ::listen(socket.get(), backlog) != 0) {
    throw_os_error(errno, "listen at " + path);
  }
  return socket;
}

std::string abstract_name(const char* what) {
  return std::string("\0rondo-test-", 12) + what + std::to_string(::getpid());
}

TEST_CASE("a Unix server serves its clients at a path, and removes the file when it closes") {
  run_bounded([]() -> Coroutine<void> {
    const Directory directory;
    const std::string path = directory / "socket";
    const Server server = co_await start_unix_server(send_back, path);
    REQUIRE(server.sockets().size() == 1);
    CHECK(server.sockets()[0].path() == path);
    CHECK(fs::is_socket(path));
    co_await check_echo(path);
    auto [reader, writer] = co_await open_unix_connection(path);
    CHECK(writer.get_extra_info("peername") == path);
    CHECK(writer.get_extra_info("sockname").empty());
    server.close();
    writer.close();
    co_await server.wait_closed();
    CHECK_FALSE(fs::exists(path));
  });
}

TEST_CASE("a Unix server at an abstract name has no file") {
  run_bounded([]() -> Coroutine<void> {
    const std::string name = abstract_name("server");
    const Server server = co_await start_unix_server(send_back, name);
    CHECK(server.sockets().at(0).path() == name);
    CHECK(server.sockets().at(0).text() == "@" + name.substr(1));
    co_await check_echo(name);
    server.close();
    co_await server.wait_closed();
    const auto error = co_await thrown_by<ConnectionRefusedError>(open_unix_connection(name));
    REQUIRE(error);
    CHECK(std::string(error->what()) == "connect to @" + name.substr(1) + ": Connection refused");
  });
}

TEST_CASE("a socket that is left at the path is replaced; what is no socket stays, as an error") {
  run_bounded([]() -> Coroutine<void> {
    const Directory directory;
    const std::string path = directory / "stale";
    {
      const FileDescriptor gone = listener_at(path);
    }
    CHECK(fs::is_socket(path));
    const Server server = co_await start_unix_server(send_back, path);
    co_await check_echo(path);
    server.close();
    co_await server.wait_closed();

    const std::string file = directory / "file";
    std::ofstream(file) << "precious";
    const auto error = co_await thrown_by<OSError>(start_unix_server(send_back, file));
    REQUIRE(error);
    CHECK(error->code().value() == EADDRINUSE);
    CHECK(std::string(error->what()).find(file) != std::string::npos);
    CHECK(fs::file_size(file) == 8);

    const std::string nowhere = directory / "no/such/directory";
    const auto missing = co_await thrown_by<OSError>(start_unix_server(send_back, nowhere));
    REQUIRE(missing);
    CHECK(missing->code().value() == ENOENT);
  });
}

TEST_CASE("at its close a server leaves a file alone that is not, or is not to be, its own") {
  run_bounded([]() -> Coroutine<void> {
    const Directory directory;
    const std::string path = directory / "socket";
    const Server first = co_await start_unix_server(send_back, path);
    const Server second = co_await start_unix_server(send_back, path);  // takes the place
    first.close();
    co_await first.wait_closed();
    CHECK(fs::is_socket(path));
    co_await check_echo(path);
    fs::remove(path);
    second.close();
    co_await second.wait_closed();

    UnixServerOptions options;
    options.cleanup_socket = false;
    const Server third = co_await start_unix_server(send_back, path, options);
    third.close();
    co_await third.wait_closed();
    CHECK(fs::is_socket(path));
  });
}

TEST_CASE("a Unix server that is open when its loop ends has removed its file") {
  const Directory directory;
  const std::string path = directory / "socket";
  run_bounded([&path]() -> Coroutine<void> {
    co_await start_unix_server(send_back, path);
    CHECK(fs::is_socket(path));
  });
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a path that is too long is an error that says how long it may be") {
  run_bounded([]() -> Coroutine<void> {
    const Directory directory;
    const std::string base = directory / "";
    const std::string longest = base + std::string(107 - base.size(), 'x');
    const Server server = co_await start_unix_server(send_back, longest);
    co_await check_echo(longest);
    for (const bool connecting : {true, false}) {
      std::optional<ValueError> error;
      if (connecting) error = co_await thrown_by<ValueError>(open_unix_connection(longest + "x"));
      if (!connecting)
        error = co_await thrown_by<ValueError>(start_unix_server(send_back, longest + "x"));
      REQUIRE(error);
      const std::string text = error->what();
      CHECK(text.find("has at most 107 bytes, and this one 108: " + longest) != std::string::npos);
    }
    const auto empty = co_await thrown_by<ValueError>(open_unix_connection(""));
    CHECK(empty);
    const auto no_socket = co_await thrown_by<OSError>(open_unix_connection(directory / "nothing"));
    REQUIRE(no_socket);
    CHECK(no_socket->code().value() == ENOENT);
    CHECK(std::string(no_socket->what()).find(directory / "nothing") != std::string::npos);
  });
}

TEST_CASE("connection after connection through a Unix server of any protocol") {
  run_bounded([]() -> Coroutine<void> {
    const Directory directory;
    const std::string path = directory / "socket";
    class Greeter final : public Protocol {
     public:
      void connection_made(Transport& transport) override {
        transport.write("hello");
        transport.close();
      }
      std::span<char> get_buffer() override { return room_; }
      void buffer_updated(std::size_t) override {}
      void eof_received() override {}
      void connection_lost(std::exception_ptr) override {}

     private:
      char room_[16];
    };
    const ProtocolFactory factory = [] { return std::make_shared<Greeter>(); };
    const Server server = co_await create_unix_server(factory, path);
    for (int i = 0; i < 10; ++i) {
      auto [reader, writer] = co_await open_unix_connection(path);
      const std::string all = co_await reader.read();
      CHECK(all == "hello");
    }
  });
}

Coroutine<void> echo_slowly(StreamReader reader, StreamWriter writer) {
  std::size_t size = 1;
  for (;;) {
    const std::string bytes = co_await reader.read(static_cast<std::ptrdiff_t>(size));
    if (bytes.empty()) break;
    size = size * 7 % 65'537;  // from 1 to 65536 without a pattern
    writer.write(bytes);
    co_await writer.drain();
    co_await sleep(0s);
  }
  writer.write_eof();
}

TEST_CASE("[fault 38] 64 MiB come back byte for byte through a Unix socket with a slow reader" *
          doctest::test_suite("heavy")) {
  const auto transfer = []() -> Coroutine<void> {
    std::string sent(64 * 1024 * 1024, '\0');
    std::uint32_t state = 1;
    for (char& byte : sent) {
      state = state * 1'664'525 + 1'013'904'223;
      byte = static_cast<char>(state >> 24);
    }
    const std::string name = abstract_name("transfer");
    const Server server = co_await start_unix_server(echo_slowly, name);
    auto [reader, writer] = co_await open_unix_connection(name);
    writer.write(sent);
    writer.write_eof();
    std::size_t offset = 0;
    bool same = true;
    for (;;) {
      const std::string bytes = co_await reader.read(100'000);
      if (bytes.empty()) break;
      same = same && std::string_view(sent).substr(offset, bytes.size()) == bytes;
      offset += bytes.size();
    }
    CHECK(same);
    CHECK(offset == sent.size());
    server.close();
    writer.close();
    co_await writer.wait_closed();
    co_await server.wait_closed();
  };
  run_bounded(transfer, LoopOptions(), 120s);
}

TEST_CASE("[fault 27] connects to Unix sockets cancelled at any moment leave no descriptor" *
          doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    const std::string name = abstract_name("cancel");
    const FileDescriptor listener = listener_at(name, 4096);
    const std::size_t before = open_descriptors();
    int cancelled = 0;
    int connected = 0;
    for (int round = 0; round < 1000; ++round) {
      auto connecting = create_task(open_unix_connection(name));
      co_await let_run(round % 5);
      connecting.cancel();
      try {
        const auto connection = co_await connecting;
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

TEST_CASE("[fault 45] a Unix server with no room: the connect fails or is cancelled, in time") {
  run_bounded([]() -> Coroutine<void> {
    const std::string name = abstract_name("full");
    const FileDescriptor listener = listener_at(name, 0);
    const FileDescriptor first(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    connect_now(first, Address::of_path(name));
    const std::size_t before = open_descriptors();
    for (int round = 0; round < 10; ++round) {
      auto connecting = create_task(open_unix_connection(name));
      co_await let_run(3);
      connecting.cancel();
      std::string how;
      try {
        co_await connecting;
      } catch (const CancelledError&) {
        how = "cancelled";
      } catch (const OSError& error) {
        if (error.code().value() == EAGAIN) how = "refused";
      }
      CHECK_FALSE(how.empty());
    }
    CHECK(open_descriptors() == before);
  });
}

}  // namespace
