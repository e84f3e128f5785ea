#pragma once

#include <algorithm>
#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <poll.h>

#include <rondo/runtime/completion.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/suspension.h>

// wait_for_ready: poll(2) as something to await, for a library that does its own reading and
// writing and has to be told when.
//
// Invariant: between two waits the kernel knows nothing of the sockets. Whatever ends a wait, a
// socket, the deadline or a cancellation, the other polls are called off and their answers awaited
// before the task goes on; so the library may close its sockets whenever it has the floor.

namespace rondo::detail {

class ReadyAwaiter final : public Suspension, private Timer {
 public:
  static constexpr std::size_t most_sockets = 2;

  /// What is in `sockets` beyond `most_sockets` is not looked at.
  ReadyAwaiter(std::span<pollfd> sockets, TimePoint deadline) noexcept
      : sockets_(sockets.first(std::min(sockets.size(), most_sockets))), deadline_(deadline) {}
  ~ReadyAwaiter() {
    if (armed()) loop().disarm(*this);
  }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> coroutine) {
    suspend(coroutine);
    begin();
    deliver_pending_cancel();
  }
  /// True: a socket is ready, see `revents`. False: the deadline has come.
  bool await_resume();

  bool cancel_wait(const std::string& message) override;
  const char* describe() const noexcept override { return "readiness"; }

 private:
  // | state   | a socket is ready | the deadline | a cancel    | the last poll is answered |
  // |---------|-------------------|--------------|-------------|---------------------------|
  // | waiting | ending            | ending       | ending      |                           |
  // | ending  | ending            |              | ending      | ended, the task is woken  |
  // | ended   |                   |              | is too late |                           |
  enum class State : std::uint8_t { waiting, ending, ended };

  class Poll final : public Operation {
   public:
    explicit Poll(ReadyAwaiter& awaiter) noexcept : awaiter_(awaiter) {}

   private:
    void complete(int result) noexcept override { awaiter_.answered(*this, result); }

    ReadyAwaiter& awaiter_;
  };

  void begin();
  void answered(const Poll& poll, int result) noexcept;
  void end() noexcept;
  void run() override;  // the deadline

  std::span<pollfd> sockets_;  // the caller's, who waits for us
  TimePoint deadline_;
  std::array<Poll, most_sockets> polls_{{Poll(*this), Poll(*this)}};
  State state_ = State::waiting;
  int error_ = 0;  // an errno, when the kernel will not poll
  bool ready_ = false;
  bool cancelled_ = false;
};

/// What `wait_for_ready` returns: to be awaited.
class [[nodiscard]] WaitForReady {
 public:
  WaitForReady(std::span<pollfd> sockets, TimePoint deadline) noexcept
      : sockets_(sockets), deadline_(deadline) {}
  ReadyAwaiter operator co_await() const noexcept { return ReadyAwaiter(sockets_, deadline_); }

 private:
  std::span<pollfd> sockets_;
  TimePoint deadline_;
};

/// `bool ready = co_await wait_for_ready(sockets, deadline);` waits until one of at most two
/// sockets has one of its `events`, and fills in `revents`; false: the deadline has come first. The
/// sockets' memory must stay until then. Throws OSError when the kernel will not poll,
/// CancelledError when the task is cancelled.
inline WaitForReady wait_for_ready(std::span<pollfd> sockets, TimePoint deadline) noexcept {
  return WaitForReady(sockets, deadline);
}

}  // namespace rondo::detail
