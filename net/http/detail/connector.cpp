#include <algorithm>

#include <rondo/net/http/detail/connector.h>
#include <rondo/net/http/detail/open_stream.h>

namespace rondo::http::detail {

Slot::Slot(std::shared_ptr<Connector> connector, ConnectionKey key)
    : connector_(std::move(connector)), key_(std::move(key)) {
  connector_->took(key_);
}

void Slot::give_back() noexcept {
  if (const std::shared_ptr<Connector> connector = std::move(connector_)) {
    connector->gave_back(key_);
  }
}

Connection::~Connection() {
  // One in use is closed at once: nobody has to wait until a peer that does not read has taken a
  // body that nobody wants to send any more.
  if (idle_) {
    writer.close();
  } else {
    abort();
  }
}

void Connection::abort() const noexcept {
  if (Transport* const transport = writer.transport()) transport->abort();
}

bool Connection::usable() const noexcept {
  return !writer.is_closing() && !reader_.at_eof() && !reader_.exception() &&
         !messages.has_unread();
}

Coroutine<Slot> Connector::take_slot(std::shared_ptr<Connector> self, ConnectionKey key) {
  if (self->has_room(key)) co_return Slot(self, key);
  // A slot that comes when the task has been cancelled goes away with the future, and so on to the
  // next that waits.
  Future<Slot> slot = Future<Slot>::create();
  self->waiting_.push_back({std::move(key), slot});
  co_return co_await slot;
}

bool Connector::has_room(const ConnectionKey& key) const noexcept {
  if (limit_ > 0 && in_use_ >= limit_) return false;
  if (limit_per_host_ == 0) return true;
  const auto host = per_host_.find(key);
  return host == per_host_.end() || host->second < limit_per_host_;
}

void Connector::took(const ConnectionKey& key) {
  ++per_host_[key];
  ++in_use_;
}

void Connector::gave_back(const ConnectionKey& key) noexcept {
  --in_use_;
  const auto host = per_host_.find(key);
  if (--host->second == 0) per_host_.erase(host);
  for (auto request = waiting_.begin(); request != waiting_.end();) {
    const bool over = request->slot.done();  // its task was cancelled
    if (!over && !has_room(request->key)) {
      ++request;
      continue;
    }
    const WaitingRequest next = std::move(*request);
    request = waiting_.erase(request);
    if (!over) next.slot.set_result(Slot(shared_from_this(), next.key));
  }
}

Coroutine<std::unique_ptr<Connection>> Connector::connect(std::shared_ptr<Connector> self, URL url,
                                                          std::optional<SSLContext> ssl,
                                                          Wanted wanted, TimeLimit sock_connect,
                                                          std::string request) {
  ConnectionKey key;
  key.origin = url.origin();
  if (url.is_tls() && ssl) key.ssl = ssl->native_handle();
  Slot slot = co_await take_slot(self, key);
  std::unique_ptr<Connection> connection;
  if (wanted == Wanted::any) connection = self->take_idle(key);
  if (!connection) {
    self->close_superfluous();
    auto [reader, writer] =
        co_await within(open_stream(std::move(url), std::move(ssl)), sock_connect, request);
    connection = std::make_unique<Connection>(std::move(key), std::move(reader), std::move(writer),
                                              self->limits_);
  }
  connection->slot_ = std::move(slot);
  co_return connection;
}

/// Makes room for one more connection at the cost of one that has been idle.
void Connector::close_superfluous() noexcept {
  while (limit_ > 0 && !idle_.empty() && in_use_ + idle_.size() > limit_)
    idle_.pop_front();
}

std::unique_ptr<Connection> Connector::take_idle(const ConnectionKey& key) noexcept {
  while (true) {
    // The one that was used last is the least likely to have been closed by the server.
    const auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&key](const auto& connection) {
      return connection->key() == key;
    });
    if (found == idle_.rend()) return nullptr;
    std::unique_ptr<Connection> connection = std::move(*found);
    idle_.erase(std::prev(found.base()));
    if (connection->usable()) {
      connection->idle_ = false;
      connection->reused_ = true;
      return connection;
    }
  }
}

void Connector::release(std::unique_ptr<Connection> connection) {
  const Slot slot = std::move(connection->slot_);  // goes back last, when all is in order
  if (closed_ || keepalive_timeout_ <= Duration::zero() || !connection->usable()) return;
  connection->idle_ = true;
  connection->idle_since_ = get_running_loop().time();
  idle_.push_back(std::move(connection));
  arm_timer();
}

void Connector::arm_timer() {
  const Loop* const loop = &get_running_loop();
  if (timer_loop_ == loop || idle_.empty()) return;
  timer_loop_ = loop;
  const TimePoint when = saturating_add(idle_.front()->idle_since_, keepalive_timeout_);
  timer_ = get_running_loop().call_at(when, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->close_expired();
  });
}

void Connector::close_expired() noexcept {
  timer_loop_ = nullptr;
  const TimePoint now = get_running_loop().time();
  while (!idle_.empty() && saturating_add(idle_.front()->idle_since_, keepalive_timeout_) <= now)
    idle_.pop_front();
  arm_timer();
}

void Connector::close() noexcept {
  closed_ = true;
  idle_.clear();
  timer_.cancel();
}

}  // namespace rondo::http::detail
