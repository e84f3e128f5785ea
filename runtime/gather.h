#pragma once

#include <cstddef>
#include <memory>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/runtime/ensure_future.h>
#include <rondo/runtime/outcome.h>

// gather: several things at once, their results in the order in which they were named.
//
// It starts what is not running yet, at once, and returns a future. The first child that fails ends
// that future with its exception; the other children go on, and their later errors are not reported
// again. Cancelling the future cancels every child. This is asyncio.gather.

namespace rondo {

/// First argument of gather: wait for all, and yield what each returned or threw.
struct ReturnExceptions {
  explicit ReturnExceptions() = default;
};
inline constexpr ReturnExceptions return_exceptions{};

namespace detail {

/// What a gather does, whatever its children return. Each child that is not done keeps it alive,
/// and it keeps the children: a ring of references, which opens when the last child is done or the
/// loop closes.
class Gathering : private LoopResource {
 public:
  class Child final : public DoneWatcher, public Runnable {
   public:
    void future_done(FutureBase& child) override { child.loop().make_ready(*this); }
    void future_gone() noexcept override { gathering->outer().release(); }
    void dropped() noexcept override { gathering->outer().release(); }
    void run() override { gathering->child_done(*this); }

    Gathering* gathering = nullptr;
    Ref<FutureBase> future;
    bool repeated = false;  // the same future stands earlier in the list
  };

  virtual FutureBase& outer() noexcept = 0;

 protected:
  Gathering(std::vector<Ref<FutureBase>> children, bool keep_exceptions);
  ~Gathering() = default;

  /// Registers with the children; `outer` must be owned by a Ref already.
  void watch_children();
  bool cancel_children(const std::string& message);
  FutureBase& child(std::size_t index) noexcept { return *children_[index].future; }
  std::size_t size() const noexcept { return count_; }

 private:
  void loop_closing() noexcept final;
  virtual void fail(std::exception_ptr error) = 0;
  virtual void succeed() = 0;
  void child_done(Child& child);
  void settle(const FutureBase& last);

  std::unique_ptr<Child[]> children_;
  std::size_t count_;
  std::size_t finished_ = 0;
  bool keep_exceptions_;
  bool cancel_requested_ = false;
};

/// `Collect` makes the result from the finished children.
template <class Collect>
class GatherState final : public FutureState<typename Collect::Result>, public Gathering {
  using Base = FutureState<typename Collect::Result>;

 public:
  static Future<typename Collect::Result> start(Loop& loop, std::vector<Ref<FutureBase>> children,
                                                std::source_location here) {
    Ref<GatherState> state(new GatherState(loop, std::move(children), here));
    if (state->size() == 0) {
      state->succeed();
    } else {
      state->watch_children();
    }
    return Future<typename Collect::Result>(std::move(state));
  }

  FutureBase& outer() noexcept override { return *this; }
  bool cancel(const std::string& message) override {
    return this->done() ? false : cancel_children(message);
  }

 private:
  GatherState(Loop& loop, std::vector<Ref<FutureBase>> children, std::source_location here)
      : Base(loop, here), Gathering(std::move(children), Collect::keep_exceptions) {}

  void fail(std::exception_ptr error) override { this->set_exception(std::move(error)); }
  void succeed() override {
    Collect::into(*this, size(), [this](std::size_t index) -> auto& { return child(index); });
  }
};

template <class T>
struct CollectRange {
  using Result = std::conditional_t<std::is_void_v<T>, void, std::vector<Stored<T>>>;
  static constexpr bool keep_exceptions = false;
  template <class State, class Child>
  static void into(State& state, std::size_t size, Child child) {
    if constexpr (std::is_void_v<T>) {
      state.set_result();
    } else {
      std::vector<T> values;
      values.reserve(size);
      for (std::size_t i = 0; i < size; ++i) {
        values.push_back(take_value<T>(child(i)));
      }
      state.set_result(std::move(values));
    }
  }
};

template <class T>
struct CollectRangeOutcomes {
  using Result = std::vector<Outcome<T>>;
  static constexpr bool keep_exceptions = true;
  template <class State, class Child>
  static void into(State& state, std::size_t size, Child child) {
    Result outcomes;
    outcomes.reserve(size);
    for (std::size_t i = 0; i < size; ++i) {
      outcomes.push_back(outcome_of<T>(child(i)));
    }
    state.set_result(std::move(outcomes));
  }
};

template <class... T>
struct CollectTuple {
  static constexpr bool all_void = sizeof...(T) > 0 && (std::is_void_v<T> && ...);
  using Result = std::conditional_t<all_void, void, std::tuple<Stored<T>...>>;
  static constexpr bool keep_exceptions = false;
  template <class State, class Child>
  static void into(State& state, std::size_t, Child child) {
    if constexpr (all_void) {
      state.set_result();
    } else {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        state.set_result(Result(take_value<T>(child(I))...));
      }(std::index_sequence_for<T...>());
    }
  }
};

template <class... T>
struct CollectTupleOutcomes {
  using Result = std::tuple<Outcome<T>...>;
  static constexpr bool keep_exceptions = true;
  template <class State, class Child>
  static void into(State& state, std::size_t, Child child) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      state.set_result(Result(outcome_of<T>(child(I))...));
    }(std::index_sequence_for<T...>());
  }
};

/// A range of awaitables; one that is handed over is moved from, one that is not is copied.
template <class R>
concept AwaitableRange = std::ranges::input_range<R> && Awaitable<std::ranges::range_value_t<R>>;

template <AwaitableRange R>
std::vector<Ref<FutureBase>> futures_of(R&& range, Loop& loop, std::source_location here) {
  using Element = std::ranges::range_value_t<R>;
  constexpr bool hand_over =
      !std::is_lvalue_reference_v<R> && !std::ranges::view<std::remove_cvref_t<R>>;
  std::vector<Ref<FutureBase>> futures;
  for (auto&& element : range) {
    if constexpr (hand_over || !std::is_reference_v<std::ranges::range_reference_t<R>>) {
      futures.push_back(ensure_future<Element>(std::move(element), loop, here).ref());
    } else {
      static_assert(std::copy_constructible<Element>,
                    "coroutines cannot be copied: hand the range over with std::move");
      futures.push_back(ensure_future<Element>(element, loop, here).ref());
    }
  }
  return futures;
}

template <class Collect, class... A>
auto gather_each(std::source_location here, A... awaitables) {
  Loop& loop = get_running_loop();
  std::vector<Ref<FutureBase>> children;
  children.reserve(sizeof...(A));
  (children.push_back(ensure_future<A>(std::move(awaitables), loop, here).ref()), ...);
  return GatherState<Collect>::start(loop, std::move(children), here);
}

template <class Collect, class R>
auto gather_range(std::source_location here, R&& range) {
  Loop& loop = get_running_loop();
  return GatherState<Collect>::start(loop, futures_of(std::forward<R>(range), loop, here), here);
}

}  // namespace detail

/// `auto [a, b] = co_await gather(first(), second());` runs all of them at once and yields their
/// results as a tuple in the order of the arguments (std::monostate for void ones; nothing at all
/// if every one is void). Throws what the first child that fails throws; a child's own cancellation
/// arrives as CancelledError. Throws RuntimeError when no loop is running, ValueError for futures
/// of different loops.
template <Awaitable... A>
auto gather(A... awaitables) {
  return detail::gather_each<detail::CollectTuple<AwaitResult<A>...>>(
      std::source_location::current(), std::move(awaitables)...);
}

/// As above, but waits for all and yields a tuple of `Outcome`s.
template <Awaitable... A>
auto gather(ReturnExceptions, A... awaitables) {
  return detail::gather_each<detail::CollectTupleOutcomes<AwaitResult<A>...>>(
      std::source_location::current(), std::move(awaitables)...);
}

/// `auto values = co_await gather(std::move(coroutines));` takes a range and yields a vector.
/// A range of coroutines is handed over; tasks and futures may be copied.
template <detail::AwaitableRange R>
auto gather(R&& range, std::source_location here = std::source_location::current()) {
  using T = AwaitResult<std::ranges::range_value_t<R>>;
  return detail::gather_range<detail::CollectRange<T>>(here, std::forward<R>(range));
}

/// As above, but waits for all and yields a vector of `Outcome`s.
template <detail::AwaitableRange R>
auto gather(ReturnExceptions, R&& range,
            std::source_location here = std::source_location::current()) {
  using T = AwaitResult<std::ranges::range_value_t<R>>;
  return detail::gather_range<detail::CollectRangeOutcomes<T>>(here, std::forward<R>(range));
}

}  // namespace rondo
