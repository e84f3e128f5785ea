// The SSH side of the lab: one listening socket and one host key per router, one thread that
// accepts, and one thread per connection. The accepting thread alone keeps the list of
// connections; it ends those that take too long to log in, and joins those that are over.
//
// A connection's thread owns the socket. The accepting thread holds a duplicate of the descriptor
// and reaches into a connection only by shutting that down: the duplicate cannot have been closed
// and given to somebody else meanwhile.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <rondo/lab/router.h>

namespace rondo::lab {

// Where a router listens, and the key it proves itself with.
struct SshEndpoint {
  std::string hostname;
  std::string address;
  std::uint16_t port = 0;  // the real one, never 0
  std::string public_key;  // base64, of an ed25519 key
  bool trusted = true;
};

struct SshServerLimits {
  std::chrono::seconds login{30};  // from accept to a shell or command
  std::chrono::seconds idle{600};  // without a byte either way
  std::size_t connections = 2048;  // at the same time; more are closed at once
};

class SshServer {
 public:
  // Makes the keys and listens, so that a client may connect as soon as this returns; it is
  // answered after start(). Throws std::runtime_error naming the router that cannot listen.
  explicit SshServer(std::vector<Router> routers, SshServerLimits limits = {});
  ~SshServer();  // as stop()
  SshServer(const SshServer&) = delete;
  SshServer& operator=(const SshServer&) = delete;

  const std::vector<SshEndpoint>& endpoints() const { return endpoints_; }

  void start();

  // Closes the listeners, ends every connection and joins every thread. Not to be called from two
  // threads; a second call does nothing.
  void stop();

 private:
  struct Listener;
  struct Connection;

  void accept_connections();
  void accept_one(Listener& listener);
  void tend_connections();
  void end_connections();

  SshServerLimits limits_;
  std::vector<SshEndpoint> endpoints_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  int stop_event_ = -1;                // an eventfd: readable once stop() was called
  std::list<Connection> connections_;  // the accepting thread's alone
  std::thread accepting_;
};

}  // namespace rondo::lab
