#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

// What the tests of threads hold a job with, so that none depends on how fast a thread is.

namespace rondo::testing {

/// Closed until somebody opens it; any thread may do either.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  bool is_open() const {
    const std::lock_guard lock(mutex_);
    return open_;
  }
  /// Blocks until it is open. False when that takes so long that something must be wrong.
  bool pass(std::chrono::milliseconds limit = std::chrono::seconds(20)) const {
    std::unique_lock lock(mutex_);
    return opened_.wait_for(lock, limit, [this] { return open_; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable opened_;
  bool open_ = false;
};

/// A job for a thread: ends when the gate opens.
inline bool pass(const Gate& gate) {
  return gate.pass();
}

/// A job for a thread: says that it has begun, and ends when the gate opens.
inline bool begin_and_pass(Gate& begun, const Gate& gate) {
  begun.open();
  return gate.pass();
}

/// Opens a gate when it is destroyed.
class OpensAtEnd {
 public:
  explicit OpensAtEnd(Gate& gate) noexcept : gate_(&gate) {}
  OpensAtEnd(OpensAtEnd&& other) noexcept : gate_(other.gate_) { other.gate_ = nullptr; }
  OpensAtEnd& operator=(OpensAtEnd&&) = delete;
  ~OpensAtEnd() {
    if (gate_ != nullptr) gate_->open();
  }

 private:
  Gate* gate_;  // null: moved from
};

}  // namespace rondo::testing
