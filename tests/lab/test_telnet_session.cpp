// The lab over telnet, byte by byte.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/lab/server.h>
#include <rondo/lab/telnet_session.h>

namespace {

using namespace rondo::lab;
using namespace std::chrono_literals;
using namespace std::string_literals;

Router telnet_router(const Faults& faults = {}) {
  Router router;
  router.hostname = "r1";
  router.address = "127.0.0.1";
  router.port = 0;
  router.transport = Transport::telnet;
  router.username = "cisco";
  router.password = "right";
  router.faults = faults;
  return router;
}

// Options are taken out of what it reads, and counted.
class TelnetClient {
 public:
  explicit TelnetClient(const LabEndpoint& endpoint) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = ::inet_addr(endpoint.address.c_str());
    connected =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    error = connected ? 0 : errno;
  }
  ~TelnetClient() { ::close(socket_); }
  TelnetClient(const TelnetClient&) = delete;
  TelnetClient& operator=(const TelnetClient&) = delete;

  void send(std::string_view bytes) const {
    CHECK(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
  }

  // What has come up to `end`; all there is when the connection ends, or so long nothing comes.
  std::string read_until(std::string_view end, std::chrono::milliseconds limit = 5000ms) {
    std::size_t found = std::string::npos;
    while (end.empty() || (found = unread_.find(end)) == std::string::npos) {
      pollfd polled{socket_, POLLIN, 0};
      if (::poll(&polled, 1, static_cast<int>(limit.count())) <= 0) break;
      char buffer[4096];
      const ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
      error = size < 0 ? errno : 0;
      ended = size <= 0;
      if (ended) break;
      raw.append(buffer, static_cast<std::size_t>(size));
      unread_ += decoder_.decode({buffer, static_cast<std::size_t>(size)});
      std::erase(unread_, '\r');
    }
    const std::size_t length = found == std::string::npos ? unread_.size() : found + end.size();
    std::string text = unread_.substr(0, length);
    unread_.erase(0, length);
    return text;
  }

  void log_in() {
    CHECK(read_until("Username: ").ends_with("Username: "));
    send("cisco\r\n");
    CHECK(read_until("Password: ") == "cisco\nPassword: ");
    send("right\r\n");
    CHECK(read_until("r1>") == "\n\nr1>");
  }

  bool connected = false;
  bool ended = false;
  int error = 0;
  std::string raw;  // all that has come

 private:
  const int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  TelnetInput decoder_;
  std::string unread_;  // without options and carriage returns
};

}  // namespace

TEST_CASE("a telnet user logs in, works and leaves") {
  LabServer server({telnet_router()});
  server.start();
  TelnetClient client(server.endpoints()[0]);
  client.log_in();
  // Echo and suppressed go-ahead are the device's; it asks for the window.
  CHECK(client.raw.starts_with("\xFF\xFB\x01\xFF\xFB\x03\xFF\xFD\x1F"));
  client.send("enable\r\0show cl\x08lock\r\n"s);
  CHECK(client.read_until(" 20").starts_with("enable\nr1#show cl\b \block\n*"));
  client.read_until("r1#");
  client.send("exit\r\n");
  CHECK(client.read_until("") == "exit\n");
  CHECK(client.ended);
  CHECK(client.error == 0);
}

TEST_CASE("three wrong passwords end a telnet connection") {
  LabServer server({telnet_router()});
  server.start();
  TelnetClient client(server.endpoints()[0]);
  for (int attempt = 0; attempt < 3; ++attempt) {
    CHECK(client.read_until("Username: ").ends_with("Username: "));
    client.send("\r\n");
    CHECK(client.read_until("Username: ") == "\nUsername: ");
    client.send("cisco\r\n");
    client.read_until("Password: ");
    client.send("wrong\r\n");
    CHECK(client.read_until("invalid\n\n") == "\n% Login invalid\n\n");
  }
  CHECK(client.read_until("") == "");
  CHECK(client.ended);
}

TEST_CASE("options are answered once, wherever the network cuts them") {
  const std::string bytes =
      "a\xFF\xFD\x18"  // DO TERMINAL-TYPE
      "b\xFF\xFB\x1F"  // WILL NAWS
      "\xFF\xFA\x1F\x00\x84\x00\x32\xFF\xF0"
      "c\xFF\xFB\x22"  // WILL LINEMODE
      "\xFF\xFD\x01"   // DO ECHO: was offered
      "\xFF\xFB\x03"   // WILL SUPPRESS-GO-AHEAD
      "\xFF\xF1"
      "d\xFF\xFF"
      "e"s;
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    TelnetInput input;
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += size)
      text += input.decode(std::string_view(bytes).substr(at, size));
    CHECK(text ==
          "abcd\xFF"
          "e");
    CHECK(input.take_replies() == "\xFF\xFC\x18\xFF\xFE\x22\xFF\xFD\x03");
    CHECK(input.take_replies() == "");
    CHECK(input.columns() == 132);
    CHECK(input.rows() == 50);
  }
}

TEST_CASE("a subnegotiation without end takes no memory, and a strange one no effect") {
  TelnetInput input;
  input.decode("\xFF\xFA\x1F");
  for (int i = 0; i < 1000; ++i)
    CHECK(input.decode("no text") == "");
  CHECK(input.decode("\xFF\xF0"
                     "text") == "text");
  CHECK(input.columns() == 0);
}

TEST_CASE("the window's rows are the length of a page") {
  LabServer server({telnet_router()});
  server.start();
  TelnetClient client(server.endpoints()[0]);
  client.send("\xFF\xFB\x1F\xFF\xFA\x1F\x00\x50\x00\x05\xFF\xF0"s);
  client.log_in();
  client.send("show version\r\n");
  CHECK(client.read_until(" --More-- ").ends_with(" --More-- "));
}

TEST_CASE("a port may be closed, or open and mute") {
  LabServer server({telnet_router({Fault::closed_port})});
  server.start();
  const TelnetClient refused(server.endpoints()[0]);
  CHECK_FALSE(refused.connected);
  CHECK(refused.error == ECONNREFUSED);

  LabServer mute({telnet_router({Fault::mute})});
  mute.start();
  TelnetClient client(mute.endpoints()[0]);
  CHECK(client.connected);
  client.send("\r\n");
  CHECK(client.read_until(":", 100ms) == "");
  CHECK_FALSE(client.ended);
}

TEST_CASE("a telnet device may be silent until a key is typed, once") {
  LabServer server({telnet_router({Fault::silent})});
  server.start();
  TelnetClient client(server.endpoints()[0]);
  CHECK(client.read_until(":", 100ms) == "");
  client.send("\r\n");
  client.log_in();
}

TEST_CASE("a connection may be cut or half closed in the middle of an output") {
  for (const Fault fault : {Fault::cut, Fault::half_close}) {
    LabServer server({telnet_router({fault})});
    server.start();
    TelnetClient client(server.endpoints()[0]);
    client.log_in();
    client.send("show clock\r\n");
    const std::string output = client.read_until("");
    CHECK(output.starts_with("show clock\n*"));
    CHECK(output.find("\n", output.find('*')) == std::string::npos);
    CHECK(client.ended);
    CHECK(client.error == (fault == Fault::cut ? ECONNRESET : 0));
    if (fault == Fault::half_close) client.send("still heard\r\n");
  }
}

TEST_CASE("no password may be right") {
  LabServer server({telnet_router({Fault::wrong_password})});
  server.start();
  TelnetClient client(server.endpoints()[0]);
  client.read_until("Username: ");
  client.send("cisco\r\nright\r\n");
  CHECK(client.read_until("invalid\n\n").ends_with("% Login invalid\n\n"));
}

TEST_CASE("many users work at once, each on a line of its own") {
  LabServer server({telnet_router(), telnet_router(), telnet_router()});
  server.start();
  std::vector<std::unique_ptr<TelnetClient>> clients;
  for (std::size_t i = 0; i < 60; ++i) {
    clients.push_back(std::make_unique<TelnetClient>(server.endpoints()[i % 3]));
    clients.back()->log_in();
  }
  for (const auto& client : clients)
    client->send("terminal length 0\r\nshow version\r\n");
  for (const auto& client : clients) {
    client->read_until("r1>");
    CHECK(client->read_until("r1>").find("\nr1 uptime is 1 hour, 2 minutes\n") !=
          std::string::npos);
  }
}
