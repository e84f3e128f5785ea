#pragma once

#include <cerrno>
#include <coroutine>
#include <cstdint>
#include <string>

#include <rondo/runtime/completion.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/suspension.h>

// What files and paths ask the kernel, and what a cancellation does to it.
//
// An operation on a file has an effect: it moves a position, makes a name, opens a descriptor. So
// none is ever "cancelled, but it did happen": either the await throws CancelledError and nothing
// was done, or it yields the kernel's answer and the cancellation stays with the task, which meets
// it at its next await. Who would lose the answer when the task ends right there (bytes that were
// read) puts it where it is safe and awaits `throw_if_cancelled`.

namespace rondo::detail {

// | effort      | cancelled before it began | cancelled while the kernel is at it |
// |-------------|---------------------------|-------------------------------------|
// | until_asked | throws, nothing was asked | the kernel is asked to end it early |
// | once_begun  | throws, nothing was asked | goes on to its end                  |
// | in_any_case | is done                   | goes on to its end                  |
enum class Effort : std::uint8_t { until_asked, once_begun, in_any_case };

/// Waits for one operation of the kernel, whose memory it is. An operation that the kernel broke
/// off though nobody asked it to (EINTR, and once ECANCELED) is asked for again.
class FileOperationAwaiter final : public Suspension, private Operation {
 public:
  FileOperationAwaiter(const Request& request, Effort effort) noexcept
      : request_(request), effort_(effort) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    suspend(coroutine);
    if (effort_ != Effort::in_any_case) deliver_pending_cancel();
    if (state_ == State::refused) return;
    loop_ = &loop();
    loop_->driver().prepare(*this, request_);
    state_ = State::begun;
  }
  /// The kernel's result, or a negative errno.
  int await_resume() {
    const bool broken_off = asked_to_end_ && (result_ == -ECANCELED || result_ == -EINTR);
    if (state_ != State::refused && !broken_off) return result_;
    take_cancel_request();
    throw_cancelled();
  }

  /// Once it has begun, the task keeps the request: what comes of it decides who throws.
  bool cancel_wait(const std::string&) override {
    if (state_ == State::created) {
      state_ = State::refused;
      wake();
      return true;
    }
    if (in_flight() && effort_ == Effort::until_asked && !asked_to_end_) {
      asked_to_end_ = true;
      loop_->driver().cancel(*this);
    }
    return false;
  }
  const char* describe() const noexcept override { return "file operation"; }

 private:
  enum class State : std::uint8_t { created, refused, begun };

  void complete(int result) noexcept override {
    if (!asked_to_end_ && is_to_be_repeated(result)) {
      loop_->driver().prepare(*this, request_);
      return;
    }
    result_ = result;
    wake();
  }
  bool is_to_be_repeated(int result) noexcept {
    // A close that was interrupted has closed all the same.
    if (result == -EINTR) return request_.opcode != Opcode::close;
    if (result != -ECANCELED || repeated_) return false;
    repeated_ = true;
    return true;
  }

  Request request_;
  Loop* loop_ = nullptr;  // from its beginning on
  int result_ = 0;
  Effort effort_;
  State state_ = State::created;
  bool asked_to_end_ = false;
  bool repeated_ = false;  // after an ECANCELED that nobody had asked for
};

/// `int result = co_await operate(request);`
class [[nodiscard]] FileOperation {
 public:
  FileOperation(const Request& request, Effort effort) noexcept
      : request_(request), effort_(effort) {}
  FileOperationAwaiter operator co_await() const noexcept {
    return FileOperationAwaiter(request_, effort_);
  }

 private:
  Request request_;
  Effort effort_;
};

inline FileOperation operate(const Request& request, Effort effort = Effort::until_asked) noexcept {
  return FileOperation(request, effort);
}

/// Suspends only to throw the CancelledError that the task owes itself.
class ThrowIfCancelledAwaiter final : public Waiter {
 public:
  bool await_ready() const {
    const TaskBase& task = TaskBase::running();
    return !task.cancel_requested() && !task.in_cancelled_scope();
  }
};

class [[nodiscard]] ThrowIfCancelled {
 public:
  ThrowIfCancelledAwaiter operator co_await() const noexcept { return {}; }
};

/// `co_await throw_if_cancelled()`: goes on at once, unless the task was cancelled.
inline ThrowIfCancelled throw_if_cancelled() noexcept {
  return {};
}

/// A path as the kernel takes it. Throws ValueError for one with a zero byte in it, of which the
/// kernel would see the beginning only.
inline void check_path(const std::string& path) {
  if (path.find('\0') != std::string::npos) throw ValueError("a path must not hold a zero byte");
}

}  // namespace rondo::detail
