// TLS with other people's programs at the other end: openssl s_server and s_client, curl, Python.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/net/tls.h>

#include "tls_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

bool missing(const char* program) {
  if (no_certificates("a TLS peer")) return true;
  const std::string command = std::string("command -v ") + program + " >/dev/null 2>&1";
  if (std::system(command.c_str()) == 0) return false;
  std::printf("SKIP a TLS peer: there is no %s\n", program);
  return true;
}

/// A program whose input and output are this end of a socket.
class Peer {
 public:
  explicit Peer(std::vector<std::string> words) {
    auto [ours, its] = socket_pair();
    std::vector<char*> arguments;
    for (std::string& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(its.get(), STDIN_FILENO);
      ::dup2(its.get(), STDOUT_FILENO);
      ::dup2(its.get(), STDERR_FILENO);
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    socket_ = std::move(ours);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void say(const std::string& text) const { send_now(socket_, text); }
  /// Waits until it has printed `part`; yields all that it has printed since the last time.
  Coroutine<std::string> hear(std::string part) const {
    std::string heard;
    while (!contains(heard, part)) {
      const std::string more = co_await receive(socket_);
      if (more.empty()) break;
      heard += more;
    }
    co_return heard;
  }
  /// Waits for its end; yields its exit status.
  Coroutine<int> wait() {
    int status = 0;
    while (::waitpid(pid_, &status, WNOHANG) == 0)
      co_await sleep(1ms);
    pid_ = 0;
    co_return WEXITSTATUS(status);
  }

 private:
  FileDescriptor socket_;
  pid_t pid_ = -1;  // 0: it has ended
};

std::vector<std::string> s_server(const char* version) {
  return {"openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", Certificates::get().good(),
          version};
}

/// Where an s_server that was just started listens.
Coroutine<std::uint16_t> port_of_s_server(const Peer& peer) {
  const std::string said = co_await peer.hear("ACCEPT 127.0.0.1:");
  std::string rest = said.substr(said.find("ACCEPT 127.0.0.1:") + 17);
  while (!contains(rest, "\n"))
    rest += co_await peer.hear("\n");
  co_return static_cast<std::uint16_t>(std::atoi(rest.c_str()));
}

/// What s_server is told while a client of ours talks to it, and what both hear afterwards.
Coroutine<void> talk_across(std::string version, std::string order) {
  const Peer peer(s_server(version.c_str()));
  const std::uint16_t port = co_await port_of_s_server(peer);
  auto [reader, writer] = co_await open_tls_connection("127.0.0.1", port, client_context());
  for (int round = 0; round < 3; ++round) {
    peer.say("from the server\n");
    const std::string line = co_await reader.readline();
    CHECK(line == "from the server\n");
    peer.say(order);  // a read of its own: what would follow in the same one is lost
    writer.write("from the client\n");
    co_await peer.hear("from the client\n");
  }
  peer.say("after it\n");
  const std::string line = co_await reader.readline();
  CHECK(line == "after it\n");
  writer.write("last words\n");
  co_await peer.hear("last words\n");
  writer.close();
  co_await writer.wait_closed();
}

TEST_CASE("openssl s_server, which changes its keys and has ours changed, TLS 1.3") {
  if (missing("openssl")) return;
  run_bounded([] { return talk_across("-tls1_3", "K\n"); });
}

TEST_CASE("openssl s_server, which begins a new handshake in between, TLS 1.2") {
  if (missing("openssl")) return;
  run_bounded([] { return talk_across("-tls1_2", "r\n"); });
}

TEST_CASE("openssl s_client, which changes its keys, and ends in an orderly way") {
  if (missing("openssl")) return;
  run_bounded([]() -> Coroutine<void> {
    std::string heard;
    const auto serve = [&heard](StreamReader reader, StreamWriter writer) -> Coroutine<void> {
      writer.write("welcome\n");
      while (auto line = co_await reader.next()) {
        heard += *line;
        writer.write("heard " + *line);
      }
      heard += "and the end";
    };
    const Server server = co_await start_tls_server(serve, "127.0.0.1", 0, server_context());
    Peer peer({"openssl", "s_client", "-connect", "127.0.0.1:" + std::to_string(port_of(server)),
               "-CAfile", Certificates::get().authority(), "-verify_return_error", "-brief"});
    co_await peer.hear("welcome\n");
    peer.say("one\n");
    co_await peer.hear("heard one\n");
    peer.say("K\n");
    co_await peer.hear("KEYUPDATE");
    peer.say("two\n");
    co_await peer.hear("heard two\n");
    peer.say("Q\n");
    const int status = co_await peer.wait();
    CHECK(status == 0);
    server.close();
    co_await server.wait_closed();
    CHECK(heard == "one\ntwo\nand the end");
  });
}

Coroutine<void> answer_http(StreamReader reader, StreamWriter writer, int& requests) {
  ++requests;
  co_await reader.readuntil("\r\n\r\n");
  const std::string body(200'000, 'b');
  writer.write("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\nConnection: close\r\n\r\n" + body);
  writer.close();
}

TEST_CASE("curl fetches from our server when it trusts it, and refuses to otherwise") {
  if (missing("curl")) return;
  run_bounded([]() -> Coroutine<void> {
    int requests = 0;
    const auto serve = [&requests](StreamReader reader, StreamWriter writer) {
      return answer_http(std::move(reader), std::move(writer), requests);
    };
    const Server server = co_await start_tls_server(serve, "127.0.0.1", 0, server_context());
    const std::string url = "https://127.0.0.1:" + std::to_string(port_of(server)) + "/";
    const std::string authority = Certificates::get().authority();
    const std::string body = Certificates::get().path("body");
    Peer trusting({"curl", "-q", "-s", "-S", "--noproxy", "*", "--cacert", authority, "-o", body,
                   "-w", "%{http_code} %{size_download}", url});
    const std::string said = co_await trusting.hear("200000");
    CHECK(said == "200 200000");
    const int fetched = co_await trusting.wait();
    CHECK(fetched == 0);
    CHECK(requests == 1);
    Peer careful({"curl", "-q", "-s", "--noproxy", "*", url});
    const int refused = co_await careful.wait();
    CHECK(refused == 60);
    CHECK(requests == 1);
  });
}

TEST_CASE("a Python client that goes without a farewell is an error to our server") {
  if (missing("python3")) return;
  run_bounded([]() -> Coroutine<void> {
    std::string outcome;
    const auto serve = [&outcome](StreamReader reader, StreamWriter) -> Coroutine<void> {
      try {
        const std::string line = co_await reader.readline();
        outcome = line;
        co_await reader.read();
        outcome += "a plain end";
      } catch (const SSLEOFError&) {
        outcome += "cut off";
      }
    };
    const Server server = co_await start_tls_server(serve, "127.0.0.1", 0, server_context());
    Peer peer({"python3", "-c",
               "import os, socket, ssl, sys\n"
               "context = ssl.create_default_context(cafile=sys.argv[1])\n"
               "plain = socket.create_connection(('127.0.0.1', int(sys.argv[2])))\n"
               "secure = context.wrap_socket(plain, server_hostname='good.example')\n"
               "secure.sendall(b'so far\\n')\n"
               "socket.socket(fileno=secure.detach()).shutdown(socket.SHUT_WR)\n"
               "os._exit(0)\n",
               Certificates::get().authority(), std::to_string(port_of(server))});
    co_await until([&outcome] { return contains(outcome, "cut off") || contains(outcome, "end"); });
    CHECK(outcome == "so far\ncut off");
    const int status = co_await peer.wait();
    CHECK(status == 0);
  });
}

}  // namespace
