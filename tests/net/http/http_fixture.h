#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/http.h>
#include <rondo/runtime/task.h>

#include "../bare_sockets.h"

// What the tests of HTTP share: peers that say what a test tells them to, byte for byte.

namespace rondo::test {

inline const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A server that answers the requests of its n-th connection with the texts of the n-th list,
/// whatever they ask, and closes it then. What it was asked stands in `requests`, without bodies.
class ScriptedServer {
 public:
  using Answers = std::vector<std::string>;

  explicit ScriptedServer(std::vector<Answers> connections) : script_(std::make_shared<Script>()) {
    script_->connections = std::move(connections);
  }

  Coroutine<void> listen() {
    const ClientConnected serve = [script = script_](StreamReader reader, StreamWriter writer) {
      return talk(script, std::move(reader), std::move(writer));
    };
    const Server server = co_await start_server(serve, "127.0.0.1", 0);
    address_ = server.sockets().at(0);
  }

  std::string url(std::string_view path = "/") const {
    return "http://" + address_.text() + std::string(path);
  }
  std::uint16_t port() const { return address_.port(); }
  const std::vector<std::string>& requests() const { return script_->requests; }
  std::size_t connected() const { return script_->connected; }

 private:
  struct Script {
    std::vector<Answers> connections;
    std::vector<std::string> requests;
    std::size_t connected = 0;
  };

  static Coroutine<void> talk(std::shared_ptr<Script> script, StreamReader reader,
                              StreamWriter writer) {
    const std::size_t index = script->connected++;
    if (index >= script->connections.size()) co_return;
    const Answers answers = script->connections[index];
    try {
      for (const std::string& answer : answers) {
        const std::string head = co_await reader.readuntil("\r\n\r\n");
        script->requests.push_back(head);
        writer.write(answer);
      }
      co_await writer.drain();
    } catch (const std::runtime_error&) {
      // The client has gone before the end of the script.
    }
  }

  Address address_;
  std::shared_ptr<Script> script_;
};

/// All that comes over a bare socket until the peer ends the connection.
inline Coroutine<std::string> receive_all(const FileDescriptor& socket) {
  return receive(socket, static_cast<std::size_t>(-1));
}

/// Sends bytes to a server and returns all that it answers until it ends the connection.
inline Coroutine<std::string> ask(Address address, std::string bytes) {
  const FileDescriptor client = connect_now(address);
  send_now(client, bytes);
  co_return co_await receive_all(client);
}

/// How many times `what` is in `text`.
inline std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; ++at)
    ++count;
  return count;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The text of the `Error` that awaiting throws; "nothing was thrown" otherwise.
template <class Error, class Awaitable>
Coroutine<std::string> text_of(Awaitable awaitable) {
  const auto error = co_await thrown_by<Error>(std::move(awaitable));
  if (!error) co_return "nothing was thrown";
  co_return error->what();
}

}  // namespace rondo::test
