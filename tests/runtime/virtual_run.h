#pragma once

#include <chrono>
#include <concepts>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <rondo/runtime/ensure_future.h>
#include <rondo/runtime/generator_exit.h>
#include <rondo/runtime/run.h>
#include <rondo/runtime/sleep.h>

// What the tests of the runtime share: a loop whose time is the test's own, and ways to look at
// what went wrong without a `co_await` inside a doctest macro.

namespace rondo::testing {

using namespace std::chrono_literals;

/// Options of a loop on the virtual clock, which begins at 0.
inline LoopOptions virtual_time() {
  LoopOptions options;
  options.clock = ClockKind::virtual_time;
  return options;
}

/// Runs a coroutine on a new loop with virtual time.
template <class T>
T run_virtual(Coroutine<T> main) {
  Runner runner(virtual_time());
  return runner.run(std::move(main));
}

/// Runs `main()`, which may be a lambda with captures.
template <class F>
  requires std::invocable<F&>
auto run_virtual(F main) {
  Runner runner(virtual_time());
  return runner.run(main());
}

/// The same, with orders those of creation even when RONDO_SHUFFLE varies what asyncio leaves open.
template <class F>
  requires std::invocable<F&>
auto run_in_order(F main) {
  LoopOptions options = virtual_time();
  options.shuffle.reset();
  Runner runner(options);
  return runner.run(main());
}

/// The virtual time that has passed.
inline Duration now() {
  return get_running_loop().time().time_since_epoch();
}

/// Lets everything that is ready run, `count` times.
inline Coroutine<> turns(int count) {
  for (int i = 0; i < count; ++i)
    co_await sleep(0s);
}

/// Returns the value when the time has passed.
inline Coroutine<int> after(Duration delay, int value) {
  co_await sleep(delay);
  co_return value;
}

inline Coroutine<int> wait_and_return(Future<> future, int value) {
  co_await future;
  co_return value;
}

/// The text of what awaiting throws; "cancelled" for a CancelledError, nothing for no exception.
template <Awaitable A>
Coroutine<std::string> error_of(A awaitable) {
  std::string text;
  try {
    static_cast<void>(co_await awaitable);
  } catch (...) {
    text = describe_exception(std::current_exception());
  }
  co_return text;
}

/// The text of what a call throws; "GeneratorExit" for one, nothing for no exception.
template <class F>
std::string error_from(F call) {
  try {
    static_cast<void>(call());
  } catch (const GeneratorExit&) {
    return "GeneratorExit";
  } catch (...) {
    return describe_exception(std::current_exception());
  }
  return {};
}

/// Does awaiting throw an `E`? Another exception passes.
template <class E, Awaitable A>
Coroutine<bool> throws(A awaitable) {
  bool thrown = false;
  try {
    static_cast<void>(co_await awaitable);
  } catch (const E&) {
    thrown = true;
  }
  co_return thrown;
}

/// Collects what a loop's exception handler is told, while it lives.
class Reports {
 public:
  explicit Reports(Loop& loop) : loop_(loop) {
    loop_.set_exception_handler(
        [this](Loop&, const ExceptionContext& context) { contexts_.push_back(context); });
  }
  Reports(const Reports&) = delete;
  Reports& operator=(const Reports&) = delete;
  ~Reports() { loop_.set_exception_handler({}); }

  std::size_t size() const { return contexts_.size(); }
  const ExceptionContext& operator[](std::size_t index) const { return contexts_.at(index); }

 private:
  Loop& loop_;
  std::vector<ExceptionContext> contexts_;
};

/// Writes down when it is destroyed.
class Trace {
 public:
  Trace(std::vector<std::string>& log, std::string text) : log_(log), text_(std::move(text)) {}
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  ~Trace() { log_.push_back(text_); }

 private:
  std::vector<std::string>& log_;
  std::string text_;
};

/// Counts its instances, and notices when one is destroyed twice.
class Counted {
 public:
  static inline int alive = 0;
  static inline int broken = 0;  // instances that were destroyed twice or used after their end

  explicit Counted(int number = 0) : number_(number) { ++alive; }
  Counted(const Counted& other) : number_(other.number()) { ++alive; }
  Counted(Counted&& other) noexcept : number_(other.number()) { ++alive; }
  Counted& operator=(const Counted& other) = default;
  Counted& operator=(Counted&& other) noexcept = default;
  ~Counted() {
    check();
    life_ = dead;
    --alive;
  }

  int number() const {
    check();
    return number_;
  }

 private:
  static constexpr unsigned living = 0x600d600d;
  static constexpr unsigned dead = 0xdeaddead;

  void check() const {
    if (life_ != living) ++broken;
  }

  volatile unsigned life_ = living;
  int number_;
};

}  // namespace rondo::testing
