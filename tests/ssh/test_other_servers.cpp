#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/ssh.h>

#include "other_server.h"
#include "with_sshd.h"

// Terminals, forwarded ports and SFTP at three servers: what comes of it is the same.

namespace rondo::ssh {

namespace {

using tests::OtherServer;
using tests::run_limited;
using tests::Sshd;

/// Calls `body(name, options)` for each server that can run here.
template <class Body>
void at_each_server(Body body) {
  if (tests::sshd_can_run()) {
    const Sshd sshd({"Subsystem sftp internal-sftp"});
    body("sshd", tests::options_for(sshd));
  }
  for (const auto kind : {OtherServer::Kind::asyncssh, OtherServer::Kind::dropbear}) {
    if (const std::string why = OtherServer::unavailable(kind); !why.empty()) {
      std::printf("SKIP another server: %s\n", why.c_str());
      continue;
    }
    const OtherServer server(kind);
    body(kind == OtherServer::Kind::asyncssh ? "asyncssh" : "dropbear", server.options());
  }
}

Coroutine<Server> start_line_echo() {
  const auto echo = [](StreamReader reader, StreamWriter writer) -> Coroutine<void> {
    const std::string bytes = co_await reader.readuntil("\n");
    writer.write("echo " + bytes);
    writer.close();
  };
  return start_server(echo, "127.0.0.1", 0);
}

Coroutine<std::string> say(StreamReader reader, StreamWriter writer) {
  writer.write("hello\n");
  std::string answer = co_await reader.read();
  writer.close();
  co_return answer;
}

Coroutine<std::string> say_at(std::uint16_t port) {
  auto [reader, writer] = co_await rondo::open_connection("127.0.0.1", port);
  std::string answer = co_await say(reader, writer);
  co_return answer;
}

Coroutine<std::string> forward(Options options) {
  const Connection connection = co_await connect("127.0.0.1", options);
  Server echo = co_await start_line_echo();
  const std::uint16_t port = echo.sockets()[0].port();
  auto [reader, writer] = co_await connection.open_connection("127.0.0.1", port);
  std::string all = co_await say(reader, writer);
  const Listener here = co_await connection.forward_local_port("127.0.0.1", 0, "127.0.0.1", port);
  all += co_await say_at(here.port());
  const std::uint16_t free = tests::free_port();  // dropbear chooses none by itself
  const Listener there =
      co_await connection.forward_remote_port("127.0.0.1", free, "127.0.0.1", port);
  all += co_await say_at(there.port());
  for (const Listener& listener : {here, there}) {
    listener.close();
    co_await listener.wait_closed();
  }
  try {
    co_await connection.open_connection("127.0.0.1", 1);
  } catch (const ChannelOpenError&) {
    all += "nobody is there\n";
  }
  const CompletedProcess done = co_await connection.run("echo on");
  echo.close();
  co_await echo.wait_closed();
  co_return all + done.stdout_();
}

Coroutine<std::string> ask_terminal(Options options) {
  const Connection connection = co_await connect("127.0.0.1", options);
  ProcessOptions with_terminal;
  with_terminal.term_type = "vt100";
  with_terminal.term_size = TermSize(100, 30);
  const CompletedProcess done =
      co_await connection.run("echo $TERM ${SIZE:-$(stty size)}; exit 4", with_terminal);
  std::string text = done.stdout_() + std::to_string(done.exit_status().value_or(-1));
  std::erase(text, '\r');
  co_return text;
}

Coroutine<std::string> copy_files(Options options, std::string here, std::string there) {
  const Connection connection = co_await connect("127.0.0.1", options);
  const SFTPClient sftp = co_await connection.start_sftp_client();
  co_await sftp.mkdir(there + "/d");
  co_await sftp.put(here + "/f", there + "/d/f");
  co_await sftp.rename(there + "/d/f", there + "/d/g");
  co_await sftp.get(there + "/d/g", here + "/g");
  const SFTPAttrs attrs = co_await sftp.stat(there + "/d/g");
  const std::vector<std::string> names = co_await sftp.listdir(there + "/d");
  std::string text = std::to_string(attrs.size.value_or(0));
  for (const std::string& name : names)
    text += " " + name;
  unsigned long code = 0;
  try {
    co_await sftp.stat(there + "/nothing");
  } catch (const SFTPError& error) {
    code = error.code();
  }
  co_await sftp.remove(there + "/d/g");
  co_await sftp.rmdir(there + "/d");
  co_return text + " " + std::to_string(code);
}

}  // namespace

TEST_CASE("ports are forwarded both ways at every server") {
  at_each_server([](const std::string& server, const Options& options) {
    CAPTURE(server);
    CHECK(run_limited(forward(options)) ==
          "echo hello\necho hello\necho hello\nnobody is there\non\n");
  });
}

TEST_CASE("a terminal is of the kind and the size that were asked for at every server") {
  at_each_server([](const std::string& server, const Options& options) {
    CAPTURE(server);
    CHECK(run_limited(ask_terminal(options)) == "vt100 30 100\n4");
  });
}

TEST_CASE("files are copied both ways at every server") {
  const tests::TemporaryDirectory here;
  const std::string bytes = tests::random_bytes(1'500'000);
  const std::string file = here.write("f", bytes);
  at_each_server([&](const std::string& server, const Options& options) {
    CAPTURE(server);
    const tests::TemporaryDirectory there;
    tests::shell("chmod 777 " + there.path().string());
    CHECK(run_limited(copy_files(options, here.path().string(), there.path().string())) ==
          "1500000 g 2");
    tests::shell("cmp " + file + " " + here.path().string() + "/g");
    CHECK(std::filesystem::is_empty(there.path()));
  });
}

}  // namespace rondo::ssh
