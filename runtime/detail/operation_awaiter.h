#pragma once

#include <coroutine>
#include <string>

#include <rondo/runtime/completion.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/suspension.h>

namespace rondo::detail {

/// Waits for one operation of the kernel, whose memory it is.
///
/// A cancelled wait goes on until the kernel has answered, and then throws CancelledError. What to
/// do with a success that came too late is the business of whoever awaits: a descriptor is closed.
class OperationAwaiter : public Suspension, private Operation {
 public:
  explicit OperationAwaiter(const Request& request) noexcept : request_(request) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    suspend(coroutine);
    loop().driver().prepare(*this, request_);
    deliver_pending_cancel();
  }
  /// The kernel's result, or a negative errno.
  int await_resume() {
    // A second request that came before the first was delivered is delivered with it.
    const bool requested = take_cancel_request();
    if (requested || cancelled_) throw_cancelled();
    return result_;
  }

  bool cancel_wait(const std::string&) override {
    if (!in_flight() || cancelled_) return false;
    cancelled_ = true;
    loop().driver().cancel(*this);
    return true;
  }
  const char* describe() const noexcept override { return "operation"; }

 private:
  void complete(int result) noexcept override {
    result_ = result;
    wake();
  }

  Request request_;
  int result_ = 0;
  bool cancelled_ = false;
};

/// `int result = co_await perform(request);`
class Perform {
 public:
  explicit Perform(const Request& request) noexcept : request_(request) {}
  OperationAwaiter operator co_await() const noexcept { return OperationAwaiter(request_); }

 private:
  Request request_;
};

inline Perform perform(const Request& request) noexcept {
  return Perform(request);
}

}  // namespace rondo::detail
