// The limit: coroutines on a loop that is nothing but a queue of handles. No cancellation, no
// names, no errors, no kernel; what a step costs here, no runtime can go below. Built twice: with
// the heap, and with a list of freed frames (-DPOOLED_FRAMES).

#include <array>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <new>
#include <utility>

#include "rows.h"

namespace {

using benchmark::State;

/// The ready queue: a ring of handles.
class Loop {
 public:
  void push(std::coroutine_handle<> handle) { ring_[tail_++ % size] = handle; }
  void run() {
    while (head_ != tail_)
      ring_[head_++ % size].resume();
  }

 private:
  static constexpr std::size_t size = 256;
  std::array<std::coroutine_handle<>, size> ring_{};
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};
Loop loop;

#ifdef POOLED_FRAMES
struct Freed {
  Freed* next;
};
std::array<Freed*, 64> freed{};  // by size, in steps of 16 bytes

void* allocate(std::size_t size) {
  const std::size_t index = (size + 15) / 16;
  if (index >= freed.size()) return ::operator new(size);
  if (Freed* block = freed[index]) {
    freed[index] = block->next;
    return block;
  }
  return ::operator new(index * 16);
}
void release(void* memory, std::size_t size) {
  const std::size_t index = (size + 15) / 16;
  if (index >= freed.size()) return ::operator delete(memory);
  freed[index] = new (memory) Freed{freed[index]};
}
#else
void* allocate(std::size_t size) {
  return ::operator new(size);
}
void release(void* memory, std::size_t) {
  ::operator delete(memory);
}
#endif

/// Started when it is awaited; continues whoever awaits it.
class [[nodiscard]] Child {
 public:
  struct promise_type {
    std::coroutine_handle<> continuation;
    int value = 0;

    static void* operator new(std::size_t size) { return allocate(size); }
    static void operator delete(void* memory, std::size_t size) { release(memory, size); }
    Child get_return_object() {
      return Child(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    struct Final {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(
          std::coroutine_handle<promise_type> self) const noexcept {
        const auto next = self.promise().continuation;
        return next ? next : std::noop_coroutine();
      }
      void await_resume() const noexcept {}
    };
    Final final_suspend() const noexcept { return {}; }
    void return_value(int result) noexcept { value = result; }
    void unhandled_exception() { std::terminate(); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  explicit Child(Handle handle) : handle_(handle) {}
  Child(Child&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (handle_) handle_.destroy();
  }
  bool done() const { return handle_.done(); }
  Handle handle() const { return handle_; }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) const noexcept {
    handle_.promise().continuation = parent;
    return handle_;
  }
  int await_resume() const noexcept { return handle_.promise().value; }

 private:
  Handle handle_;
};

struct Yield {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) const { loop.push(self); }
  void await_resume() const noexcept {}
};

/// Waits on the ready queue's side for a child that was pushed there.
struct Join {
  Child& child;
  bool await_ready() const noexcept { return child.done(); }
  void await_suspend(std::coroutine_handle<> self) const {
    child.handle().promise().continuation = self;
  }
  int await_resume() const noexcept { return child.handle().promise().value; }
};

/// A place for one number, and for one coroutine that waits for it to be full or empty.
class Slot {
 public:
  struct Await {
    Slot& slot;
    bool wanted;
    bool await_ready() const noexcept { return slot.full_ == wanted; }
    void await_suspend(std::coroutine_handle<> self) const { slot.waiter_ = self; }
    void await_resume() const noexcept {}
  };
  Await until_full() { return Await{*this, true}; }
  Await until_empty() { return Await{*this, false}; }
  void fill(int value) {
    full_ = true;
    value_ = value;
    wake();
  }
  int take() {
    full_ = false;
    wake();
    return value_;
  }

 private:
  void wake() {
    if (waiter_) loop.push(std::exchange(waiter_, nullptr));
  }

  bool full_ = false;
  int value_ = 0;
  std::coroutine_handle<> waiter_;
};

/// A lock that two want. Who releases it hands it over to the one that waits: it stays taken, so
/// nobody gets in between.
class Lock {
 public:
  struct Acquire {
    Lock& lock;
    bool await_ready() const noexcept { return !std::exchange(lock.taken_, true); }
    void await_suspend(std::coroutine_handle<> self) const { lock.waiter_ = self; }
    void await_resume() const noexcept {}
  };
  Acquire acquire() { return Acquire{*this}; }
  void release() {
    if (waiter_) {
      loop.push(std::exchange(waiter_, nullptr));
    } else {
      taken_ = false;
    }
  }

 private:
  bool taken_ = false;
  std::coroutine_handle<> waiter_;
};

Child child(int value) {
  co_return value;
}

Child yield(State& state) {
  while (state.KeepRunning())
    co_await Yield();
  co_return 0;
}

Child await(State& state) {
  while (state.KeepRunning()) {
    int value = co_await child(1);
    benchmark::DoNotOptimize(value);
  }
  co_return 0;
}

Child spawn_join(State& state) {
  while (state.KeepRunning()) {
    Child task = child(1);
    loop.push(task.handle());
    int value = co_await Join{task};
    benchmark::DoNotOptimize(value);
  }
  co_return 0;
}

Child consume(Slot& slot) {
  int item = 1;
  while (item != 0) {
    co_await slot.until_full();
    item = slot.take();
  }
  co_return 0;
}

Child queue(State& state) {
  Slot slot;
  Child consumer = consume(slot);
  loop.push(consumer.handle());
  while (state.KeepRunning()) {
    co_await slot.until_empty();
    slot.fill(1);
  }
  co_await slot.until_empty();
  slot.fill(0);
  co_await Join{consumer};
  co_return 0;
}

Child take_turns(Lock& lock, const bool& stop) {
  while (!stop) {
    co_await lock.acquire();
    co_await Yield();
    lock.release();
  }
  co_return 0;
}

Child lock_handoff(State& state) {
  Lock lock;
  bool stop = false;
  Child other = take_turns(lock, stop);
  loop.push(other.handle());
  while (state.KeepRunningBatch(2)) {
    co_await lock.acquire();
    co_await Yield();
    lock.release();
  }
  stop = true;
  co_await Join{other};
  co_return 0;
}

Child lock_free(State& state) {
  Lock lock;
  while (state.KeepRunning()) {
    co_await lock.acquire();
    benchmark::DoNotOptimize(lock);
    lock.release();
  }
  co_return 0;
}

template <Child (*row)(State&)>
void on_the_loop(State& state) {
  const Child main = row(state);
  loop.push(main.handle());
  loop.run();
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::RegisterBenchmark("yield", on_the_loop<yield>);
  benchmark::RegisterBenchmark("await", on_the_loop<await>);
  benchmark::RegisterBenchmark("spawn_join", on_the_loop<spawn_join>);
  benchmark::RegisterBenchmark("queue", on_the_loop<queue>);
  benchmark::RegisterBenchmark("lock_handoff", on_the_loop<lock_handoff>);
  benchmark::RegisterBenchmark("lock_free", on_the_loop<lock_free>);
  return steps::run_all(argc, argv);
}
