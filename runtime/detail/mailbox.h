#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include <rondo/runtime/clock.h>

// Calls that other threads hand to a loop. The one place where threads meet: everything else of a
// loop belongs to its own thread.

namespace rondo {

class Driver;

namespace detail {

/// A function with its arguments, to be called on the loop's thread.
class PostedCall {
 public:
  PostedCall() = default;
  PostedCall(const PostedCall&) = delete;
  PostedCall& operator=(const PostedCall&) = delete;
  virtual ~PostedCall() = default;
  virtual void invoke() = 0;
};

template <class F, class... Args>
class BoundPostedCall final : public PostedCall {
 public:
  explicit BoundPostedCall(F fn, Args... args) : call_(std::move(fn), std::move(args)...) {}
  void invoke() override {
    std::apply([](auto& fn, auto&... args) { std::invoke(fn, std::move(args)...); }, call_);
  }

 private:
  std::tuple<F, Args...> call_;
};

using PostedCalls = std::vector<std::unique_ptr<PostedCall>>;

class Mailbox {
 public:
  /// From any thread: leaves a call, and wakes the driver if it may be asleep. False: closed.
  bool post(std::unique_ptr<PostedCall> call);
  /// Whom to wake; before the first call.
  void attach(Driver& driver) noexcept { driver_ = &driver; }

  /// From the loop's thread: is there anything? Costs one plain load.
  bool has_mail() const noexcept { return has_mail_.load(std::memory_order_acquire); }
  PostedCalls take();
  /// Blocks until there is something, or `limit` is over. For a driver that cannot be woken.
  void wait(Duration limit);
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable mail_came_;
  PostedCalls calls_;                  // guarded by mutex_
  bool closed_ = false;                // guarded by mutex_
  Driver* driver_ = nullptr;           // lives until the box is closed
  std::atomic<bool> has_mail_{false};  // false: the next post has to wake the driver
};

}  // namespace detail

}  // namespace rondo
