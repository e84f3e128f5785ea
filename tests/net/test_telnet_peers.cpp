// Telnet against programs of the real world: inetutils' telnetd, which runs a login program for our
// client, and inetutils' and busybox' telnet, which sit at a terminal before our server. (busybox
// has a telnetd too, but Debian's is built without it.)

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/net/telnet.h>
#include <rondo/runtime/async_with.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;
using telnet::Command;
using telnet::Option;

bool is_missing(const char* program) {
  if (::access(program, X_OK) == 0) return false;
  std::printf("SKIP telnet against %s: it is not here\n", program);
  return true;
}

/// A child that is ended with this.
class Child {
 public:
  explicit Child(pid_t pid) noexcept : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
};

/// A shell script that telnetd runs instead of login.
class LoginProgram {
 public:
  explicit LoginProgram(const std::string& script) {
    const FileDescriptor file(::mkstemp(path_.data()));
    const std::string text = "#!/bin/sh\n" + script;
    REQUIRE(::write(file.get(), text.data(), text.size()) > 0);
    REQUIRE(::fchmod(file.get(), 0700) == 0);
  }
  LoginProgram(const LoginProgram&) = delete;
  LoginProgram& operator=(const LoginProgram&) = delete;
  ~LoginProgram() { ::unlink(path_.c_str()); }

  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/rondo-test-login-XXXXXX";
};

/// telnetd on an accepted connection, as inetd starts it.
pid_t start_telnetd(const FileDescriptor& client, const std::string& login) {
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork");
  if (pid != 0) return pid;
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::dup2(client.get(), fd);
  ::execl("/usr/sbin/telnetd", "telnetd", "-h", "-E", login.c_str(), nullptr);
  ::_exit(127);
}

TEST_SUITE_BEGIN("real kernel");

TEST_CASE("our client logs in at inetutils' telnetd, which learns its terminal and window") {
  if (is_missing("/usr/sbin/telnetd")) return;
  const LoginProgram login(
      "echo \"size $(stty size) term $TERM\"\n"
      "printf 'login: '; read name\n"
      "stty -echo; printf 'password: '; read password; stty echo; echo\n"
      "echo \"hello $name, $password\"\n"
      "trap 'echo interrupted' INT\n"
      "echo ready; until read line; do :; done; echo \"line $line\"\n"
      "exec cat\n");
  run_bounded([&login]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    TelnetOptions options;
    options.terminal_type = "vt100";
    options.columns = 255;  // a byte that has to be doubled
    options.rows = 0x0d0a;  // and two that must not be taken for the end of a line
    auto [reader, writer] =
        co_await open_telnet_connection("127.0.0.1", port_of(listener), options);
    FileDescriptor accepted = accept_now(listener);
    REQUIRE(accepted);
    const Child telnetd(start_telnetd(accepted, login.path()));
    {
      const FileDescriptor closed = std::move(accepted);
    }
    std::string text = co_await reader.readuntil("login: ");
    CAPTURE(text);
    CHECK(text.find("size 3338 255 term vt100\r\n") != std::string::npos);
    CHECK(writer.is_on_there(Option::echo));
    CHECK(writer.is_on_there(Option::suppress_go_ahead));
    CHECK(writer.is_on_here(Option::window_size));
    writer.write("router\n");  // telnetd takes seven bits of text
    text = co_await reader.readuntil("password: ");
    CHECK(text == "router\r\npassword: ");
    writer.write("Secret-7\n");
    text = co_await reader.readuntil("ready\r\n");
    CHECK(text == "\r\nhello router, Secret-7\r\nready\r\n");
    writer.send_command(Command::interrupt_process);
    text = co_await reader.readuntil("interrupted\r\n");
    writer.send_command(Command::are_you_there);
    text = co_await reader.readuntil("[");
    writer.write("one\rtwo\n");
    text = co_await reader.readuntil("line one\r\n");
    text = co_await reader.readuntil("two\r\n");
    writer.write("\x04");
    co_await reader.read();
    CHECK(reader.at_eof());
  });
}

TEST_CASE(
    "a quarter of a megabyte through telnetd and back, every byte that a terminal lets pass") {
  if (is_missing("/usr/sbin/telnetd")) return;
  const LoginProgram login("stty raw -echo; echo ready; exec cat\n");
  run_bounded([&login]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    TelnetOptions options;
    options.binary = true;
    auto [reader, writer] =
        co_await open_telnet_connection("127.0.0.1", port_of(listener), options);
    FileDescriptor accepted = accept_now(listener);
    const Child telnetd(start_telnetd(accepted, login.path()));
    {
      const FileDescriptor closed = std::move(accepted);
    }
    co_await reader.readuntil("ready\n");
    CHECK(writer.is_on_here(Option::binary));  // its own side it switches with the terminal's mode
    std::string bytes;
    for (unsigned i = 0; i < 256 * 1024; ++i)
      bytes += static_cast<char>(1 + (i * 7 + i / 251) % 255);
    auto echoed = create_task(as_coroutine(reader.readexactly(std::ssize(bytes))));
    for (std::size_t begin = 0; begin < bytes.size(); begin += 1000) {
      writer.write(std::string_view(bytes).substr(begin, 1000));
      co_await writer.drain();
    }
    const std::string back = co_await echoed;
    CHECK(back == bytes);
  });
}

/// A terminal with a telnet client in it.
class Terminal {
 public:
  /// `program`: with "telnet" as its first argument, or as its own name.
  Terminal(const char* program, std::uint16_t port) {
    const winsize size{31, 101, 0, 0};
    int master = -1;
    pid_ = ::forkpty(&master, nullptr, nullptr, &size);
    if (pid_ == 0) {
      ::setenv("TERM", "vt220", 1);
      const std::string number = std::to_string(port);
      if (std::string_view(program) == "telnet") {
        ::execlp(program, "telnet", "127.0.0.1", number.c_str(), nullptr);
      } else {
        ::execlp(program, program, "telnet", "127.0.0.1", number.c_str(), nullptr);
      }
      ::_exit(127);
    }
    master_ = FileDescriptor(master);
    ::fcntl(master, F_SETFD, FD_CLOEXEC);
    ::fcntl(master, F_SETFL, O_NONBLOCK);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void type(const std::string& keys) {
    REQUIRE(::write(master_.get(), keys.data(), keys.size()) == std::ssize(keys));
  }
  /// Waits until the screen has shown `text`, and forgets all up to it.
  Coroutine<void> shows(std::string text) {
    for (;;) {
      std::array<char, 1024> room{};
      const ssize_t count = ::read(master_.get(), room.data(), room.size());
      if (count > 0) screen_.append(room.data(), static_cast<std::size_t>(count));
      const std::size_t place = screen_.find(text);
      if (place != std::string::npos) {
        screen_.erase(0, place + text.size());
        co_return;
      }
      co_await sleep(1ms);
    }
  }

 private:
  pid_t pid_ = -1;
  FileDescriptor master_;
  std::string screen_;
};

Coroutine<void> serve_terminal(StreamReader reader, StreamWriter stream) {
  const TelnetWriter writer(stream);
  bool broken = false;
  writer.on_command([&broken](Command command) { broken = command == Command::break_key; });
  writer.write("name: ");
  const std::string name = co_await reader.readuntil("\r");
  co_await until(
      [&writer] { return writer.peer_rows() > 0 && !writer.peer_terminal_type().empty(); });
  writer.write("hello " + name.substr(0, name.size() - 1) + ' ' + writer.peer_terminal_type() +
               ' ' + std::to_string(writer.peer_columns()) + 'x' +
               std::to_string(writer.peer_rows()) + '\n');
  co_await until([&broken] { return broken; });
  writer.on_command({});
  writer.write("break\n\xff\xff bye\n");
  writer.close();
}

TEST_CASE("inetutils' telnet, at a terminal, is at home at our server") {
  if (is_missing("/usr/bin/telnet")) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_telnet_server(serve_terminal, "127.0.0.1", 0);
    Terminal terminal("telnet", server.sockets().front().port());
    co_await terminal.shows("name: ");
    terminal.type("r1\r");
    co_await terminal.shows("hello r1 VT220 101x31\r\n");
    terminal.type("\x1d");  // Ctrl-]
    co_await terminal.shows("telnet> ");
    terminal.type("send brk\r");
    co_await terminal.shows("break\r\n");
    co_await terminal.shows("bye\r\n");
    co_await terminal.shows("Connection closed");
    server.close();
    co_await server.wait_closed();
  });
}

Coroutine<void> serve_plain_terminal(StreamReader reader, StreamWriter stream) {
  const TelnetWriter writer(stream);
  writer.write("name: ");
  const std::string name = co_await reader.readuntil("\n");
  co_await until(
      [&writer] { return writer.peer_rows() > 0 && !writer.peer_terminal_type().empty(); });
  writer.write("hello " + name.substr(0, name.find_first_of("\r\n")) + ' ' +
               writer.peer_terminal_type() + ' ' + std::to_string(writer.peer_columns()) + 'x' +
               std::to_string(writer.peer_rows()) + "\nbye\n");
  writer.close();
}

TEST_CASE("busybox' telnet, at a terminal, is at home at our server") {
  if (is_missing("/usr/bin/busybox")) return;
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_telnet_server(serve_plain_terminal, "127.0.0.1", 0);
    Terminal terminal("busybox", server.sockets().front().port());
    co_await terminal.shows("name: ");
    terminal.type("r1\r");
    co_await terminal.shows("hello r1 vt220 101x31\r\n");
    co_await terminal.shows("bye\r\n");
    co_await terminal.shows("Connection closed");
    server.close();
    co_await server.wait_closed();
  });
}

TEST_SUITE_END();

}  // namespace
