#pragma once

#include <compare>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <rondo/net/http/client_options.h>
#include <rondo/net/http/detail/message_stream.h>
#include <rondo/net/http/detail/time_limit.h>
#include <rondo/net/http/url.h>
#include <rondo/runtime/future.h>
#include <rondo/runtime/stream_writer.h>

// Connector: a session's connections, and how many there may be.
//
// A connection is in use by one request, which holds it with its slot; or it is idle and waits here
// for the next request to the same server; or it is closed. It comes back here only by `release`,
// which its request calls when the exchange has ended as it should. Whatever else happens, an
// exception, a cancellation, a response that nobody reads to its end, destroys the Connection, and
// that closes it and gives the slot to whoever waits for one.

namespace rondo::http::detail {

/// What two requests must have in common to share a connection.
struct ConnectionKey {
  std::string origin;
  const void* ssl = nullptr;  // the context's identity, for https

  friend auto operator<=>(const ConnectionKey&, const ConnectionKey&) = default;
};

class Connector;

/// The right to have one more connection.
class Slot {
 public:
  Slot() noexcept = default;
  Slot(std::shared_ptr<Connector> connector, ConnectionKey key);
  Slot(Slot&& other) noexcept = default;
  Slot& operator=(Slot&& other) noexcept {
    give_back();
    connector_ = std::move(other.connector_);
    key_ = std::move(other.key_);
    return *this;
  }
  ~Slot() { give_back(); }

 private:
  void give_back() noexcept;

  std::shared_ptr<Connector> connector_;  // null: it holds none
  ConnectionKey key_;
};

class Connection {
 public:
  Connection(ConnectionKey key, StreamReader from, StreamWriter to, const Limits& limits)
      : messages(from, Parser::Kind::response, limits),
        writer(std::move(to)),
        key_(std::move(key)),
        reader_(std::move(from)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  void abort() const noexcept;
  const ConnectionKey& key() const noexcept { return key_; }
  /// Was it idle before?
  bool reused() const noexcept { return reused_; }
  /// True when the peer has neither closed it nor sent anything since the last exchange.
  bool usable() const noexcept;

  MessageStream messages;
  StreamWriter writer;

 private:
  friend class Connector;

  ConnectionKey key_;
  StreamReader reader_;
  Slot slot_;  // while it is in use
  TimePoint idle_since_{};
  bool reused_ = false;
  bool idle_ = false;
};

class Connector : public std::enable_shared_from_this<Connector> {
 public:
  Connector(std::size_t limit, std::size_t limit_per_host, Duration keepalive_timeout,
            const Limits& limits) noexcept
      : limit_(limit),
        limit_per_host_(limit_per_host),
        keepalive_timeout_(keepalive_timeout),
        limits_(limits) {}
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;
  ~Connector() { timer_.cancel(); }

  /// A connection to the URL's server: one that is idle, unless a fresh one is wanted, or a new
  /// one; when there are too many, after a wait. Throws the OSError of a connection that cannot be
  /// made. `sock_connect`: the limit of that step alone; zero: none.
  enum class Wanted { any, fresh };
  static Coroutine<std::unique_ptr<Connection>> connect(std::shared_ptr<Connector> self, URL url,
                                                        std::optional<SSLContext> ssl,
                                                        Wanted wanted, TimeLimit sock_connect,
                                                        std::string request);
  /// The exchange has ended and the connection can have another.
  void release(std::unique_ptr<Connection> connection);
  /// Closes the idle ones, and from now on those that are released.
  void close() noexcept;

  bool closed() const noexcept { return closed_; }
  std::size_t in_use() const noexcept { return in_use_; }
  std::size_t idle() const noexcept { return idle_.size(); }

 private:
  friend class Slot;

  struct WaitingRequest {
    ConnectionKey key;
    Future<Slot> slot;
  };

  static Coroutine<Slot> take_slot(std::shared_ptr<Connector> self, ConnectionKey key);
  bool has_room(const ConnectionKey& key) const noexcept;
  void took(const ConnectionKey& key);
  void gave_back(const ConnectionKey& key) noexcept;
  std::unique_ptr<Connection> take_idle(const ConnectionKey& key) noexcept;
  void close_superfluous() noexcept;
  void close_expired() noexcept;
  void arm_timer();

  const std::size_t limit_;           // 0: none
  const std::size_t limit_per_host_;  // 0: none
  const Duration keepalive_timeout_;
  const Limits limits_;
  std::size_t in_use_ = 0;                         // slots
  std::map<ConnectionKey, std::size_t> per_host_;  // slots, of those that have any
  std::list<WaitingRequest> waiting_;              // in order of their coming
  std::list<std::unique_ptr<Connection>> idle_;    // the one that has waited longest is first
  TimerHandle timer_;                              // for the first idle connection's end
  const Loop* timer_loop_ = nullptr;               // where it is armed; null: nowhere
  bool closed_ = false;
};

}  // namespace rondo::http::detail
