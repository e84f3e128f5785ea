#pragma once

#include <functional>
#include <optional>
#include <tuple>
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

template <class F, class... Args>
class BoundCallback final : public Callback {
 public:
  BoundCallback(Loop& loop, F fn, Args... args)
      : Callback(loop), call_(std::in_place, std::move(fn), std::move(args)...) {}

 private:
  void invoke() override {
    // The function goes away right after its call, not when the last handle does.
    auto call = std::move(*call_);
    call_.reset();
    std::apply([](auto& fn, auto&... args) { std::invoke(fn, std::move(args)...); }, call);
  }
  void drop_function() noexcept override { call_.reset(); }

  std::optional<std::tuple<F, Args...>> call_;  // empty once it was called or cancelled
};

template <class F, class... Args>
Ref<Callback> make_callback(Loop& loop, F fn, Args... args) {
  return Ref<Callback>(new BoundCallback<F, Args...>(loop, std::move(fn), std::move(args)...));
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
