#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <rondo/runtime/context.h>
#include <rondo/runtime/detail/frame_pool.h>
#include <rondo/runtime/detail/ref.h>
#include <rondo/runtime/detail/timer_heap.h>

// What call_soon, call_later and call_at return: a way to call the callback off.

namespace rondo {

class Loop;

namespace detail {

/// A callback that the loop will run once, now or at a deadline. While it is scheduled it holds a
/// reference to itself, so that a handle may be dropped.
class Callback : public RefCounted<Callback>, public Timer, public Pooled {
 public:
  virtual ~Callback() = default;

  void scheduled() noexcept { add_ref(); }
  void run() final;
  void dropped() noexcept final { release(); }
  void cancel() noexcept;
  bool cancelled() const noexcept { return cancelled_; }

 protected:
  explicit Callback(Loop& loop) noexcept : loop_(&loop), context_(Context::current()) {}
  virtual void invoke() = 0;
  virtual void drop_function() noexcept = 0;

 private:
  Loop* loop_;
  Context context_;
  bool cancelled_ = false;
};

/// Its function lies in a union: that takes a compiler less time than std::optional, of which each
/// callback in a program would need its own.
template <class F>
class BoundCallback final : public Callback {
 public:
  BoundCallback(Loop& loop, F fn) : Callback(loop), fn_(std::move(fn)) {}
  ~BoundCallback() override { drop_function(); }

 private:
  void invoke() override {
    // The function goes away right after its call, not when the last handle does.
    F fn = std::move(fn_);
    drop_function();
    std::invoke(fn);
  }
  void drop_function() noexcept override {
    if (std::exchange(has_function_, false)) std::destroy_at(&fn_);
  }

  bool has_function_ = true;  // false once it was called or cancelled
  union {
    F fn_;
  };
};

template <class F, class... Args>
Ref<Callback> make_callback(Loop& loop, F fn, Args... args) {
  if constexpr (sizeof...(Args) == 0) {
    return Ref<Callback>(new BoundCallback<F>(loop, std::move(fn)));
  } else {
    auto call = [fn = std::move(fn), ... args = std::move(args)]() mutable {
      std::invoke(fn, std::move(args)...);
    };
    return Ref<Callback>(new BoundCallback<decltype(call)>(loop, std::move(call)));
  }
}

}  // namespace detail

/// A callback that was given to the loop. Dropping the handle changes nothing.
class Handle {
 public:
  Handle() = default;
  explicit Handle(detail::Ref<detail::Callback> callback) noexcept
      : callback_(std::move(callback)) {}

  /// The callback will not run. Nothing happens if it has run already.
  void cancel() noexcept {
    if (callback_) callback_->cancel();
  }
  /// True when `cancel` was called.
  bool cancelled() const noexcept { return callback_ && callback_->cancelled(); }

 private:
  detail::Ref<detail::Callback> callback_;
};

/// A callback that was given to the loop for a moment in time.
class TimerHandle : public Handle {
 public:
  TimerHandle() = default;
  TimerHandle(detail::Ref<detail::Callback> callback, TimePoint when) noexcept
      : Handle(std::move(callback)), when_(when) {}

  /// The moment, on the loop's clock.
  TimePoint when() const noexcept { return when_; }

 private:
  TimePoint when_{};
};

}  // namespace rondo
