#pragma once

#include <source_location>
#include <utility>

#include <rondo/runtime/ensure_future.h>
#include <rondo/runtime/outcome.h>

// shield: wait for something without taking it along when the wait is cancelled.

namespace rondo {

namespace detail {

/// The outer future: ends as the inner one does, unless it is cancelled first.
template <class T>
class ShieldState final : public FutureState<T>, private DoneWatcher {
 public:
  static Future<T> start(const Future<T>& inner, std::source_location here) {
    Ref<ShieldState> state(new ShieldState(inner, here));
    state->add_ref();  // given back when the inner one has told or is gone, or nobody listens
    inner.state().add_watcher(*state);
    return Future<T>(std::move(state));
  }

  bool cancel(const std::string& message) override {
    if (!FutureBase::cancel(message)) return false;
    if (inner_ != nullptr) {
      std::exchange(inner_, nullptr)->remove_watcher(*this);
      this->release();
    }
    return true;
  }

 private:
  ShieldState(const Future<T>& inner, std::source_location here)
      : FutureState<T>(inner.get_loop(), here), inner_(&inner.state()) {}

  void future_done(FutureBase& future) override {
    inner_ = nullptr;
    ended_ = Ref<FutureBase>(&future);
    future.loop().make_ready(*this);
  }
  void future_gone() noexcept override {
    inner_ = nullptr;
    this->release();
  }
  void dropped() noexcept override { this->release(); }
  void run() override {
    const Ref<FutureBase> keep(this);
    this->release();
    const Ref<FutureBase> ended = std::move(ended_);
    FutureBase& inner = *ended;
    if (this->done()) {
      inner.mark_retrieved();
    } else if (inner.cancelled()) {
      FutureBase::cancel(inner.cancel_message());
    } else if (std::exception_ptr error = inner.exception()) {
      this->set_exception(std::move(error));
    } else if constexpr (std::is_void_v<T>) {
      this->set_result();
    } else {
      this->set_result(take_value<T>(inner));
    }
  }

  FutureBase* inner_;      // null once it has ended or is gone, or the wait was cancelled
  Ref<FutureBase> ended_;  // the inner one from its end until `run`
};

}  // namespace detail

/// `co_await shield(task)` waits for the task; when that wait is cancelled, the task goes on. Its
/// own cancellation arrives as CancelledError. A coroutine is started as a task first; keep its
/// handle elsewhere if its result is wanted after a cancelled wait. See asyncio.shield.
template <Awaitable A>
Future<AwaitResult<A>> shield(A awaitable,
                              std::source_location here = std::source_location::current()) {
  using T = AwaitResult<A>;
  Future<T> inner = ensure_future(std::move(awaitable), here);
  if (inner.done()) return inner;
  return detail::ShieldState<T>::start(inner, here);
}

}  // namespace rondo
