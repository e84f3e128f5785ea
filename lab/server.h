// The network side of the lab: one listening socket per router, with a host key when it speaks SSH,
// one thread that accepts, and one thread per connection. The accepting thread alone keeps the list
// of connections; it ends those that take too long to log in, and joins those that are over.
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

class Session;

// Where a router listens, and the key it proves itself with.
struct LabEndpoint {
  std::string hostname;
  std::string address;
  std::uint16_t port = 0;  // the real one, never 0
  Transport transport = Transport::ssh;
  std::string key_type;    // "ssh-ed25519"; empty for telnet
  std::string public_key;  // base64
  bool trusted = true;
};

struct LabLimits {
  std::chrono::seconds login{30};  // from accept to a shell or command
  std::chrono::seconds idle{600};  // without a byte either way
  std::size_t connections = 2048;  // at the same time; more are closed at once
};

class LabServer {
 public:
  // Makes the keys and listens, so that a client may connect as soon as this returns; it is
  // answered after start(). Throws std::runtime_error naming the router that cannot listen.
  explicit LabServer(std::vector<Router> routers, LabLimits limits = {});
  ~LabServer();  // as stop()
  LabServer(const LabServer&) = delete;
  LabServer& operator=(const LabServer&) = delete;

  const std::vector<LabEndpoint>& endpoints() const { return endpoints_; }

  void start();

  // Closes the listeners, ends every connection and joins every thread. Not to be called from two
  // threads; a second call does nothing.
  void stop();

 private:
  struct Listener;
  struct Connection;

  void accept_connections();
  void accept_one(Listener& listener);
  std::unique_ptr<Session> begin_session(Listener& listener, int socket) const;
  void tend_connections();
  void end_connections();

  LabLimits limits_;
  std::vector<LabEndpoint> endpoints_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  int stop_event_ = -1;                // an eventfd: readable once stop() was called
  std::list<Connection> connections_;  // the accepting thread's alone
  std::thread accepting_;
};

}  // namespace rondo::lab
