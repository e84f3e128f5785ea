#include <rondo/runtime/barrier.h>

namespace rondo {

Barrier::Barrier(std::size_t parties) : parties_(parties) {
  if (parties == 0) throw ValueError("parties must be >= 1");
}

Coroutine<std::size_t> Barrier::wait() {
  const auto held = co_await changed_.hold();
  co_await enter();
  const std::size_t index = count_++;
  // Whatever happens, the last one out opens the barrier again, still under the lock.
  struct Leave {
    explicit Leave(Barrier& left) noexcept : barrier(left) {}
    Leave(const Leave&) = delete;
    Leave& operator=(const Leave&) = delete;
    ~Leave() { barrier.leave(); }
    Barrier& barrier;
  };
  const Leave leave_at_end(*this);
  if (index + 1 == parties_) {
    state_ = State::draining;
    changed_.notify_all();
  } else {
    co_await wait_for_others();
  }
  co_return index;
}

Coroutine<void> Barrier::enter() {
  co_await changed_.wait_for(
      [this] { return state_ != State::draining && state_ != State::resetting; });
  if (state_ == State::broken) throw BrokenBarrierError("Barrier aborted");
}

Coroutine<void> Barrier::wait_for_others() {
  co_await changed_.wait_for([this] { return state_ != State::filling; });
  if (state_ != State::draining) throw BrokenBarrierError("Abort or reset of barrier");
}

void Barrier::leave() {
  if (--count_ > 0) return;
  if (state_ == State::draining || state_ == State::resetting) state_ = State::filling;
  // A task that is dropped with its loop leaves without the lock; nobody will run who could care.
  if (changed_.locked()) changed_.notify_all();
}

Coroutine<void> Barrier::reset() {
  const auto held = co_await changed_.hold();
  if (count_ == 0) {
    state_ = State::filling;
  } else if (state_ != State::resetting) {
    state_ = State::resetting;
    changed_.notify_all();
  }
}

Coroutine<void> Barrier::abort() {
  const auto held = co_await changed_.hold();
  state_ = State::broken;
  changed_.notify_all();
}

}  // namespace rondo
