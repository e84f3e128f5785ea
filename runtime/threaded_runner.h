#pragma once

#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/runtime/run.h>

// ThreadedRunner: a loop for each core.
//
// A loop uses one core. A program that has more to do than one core can runs several loops, each on
// a thread of its own with a ring of its own; they share nothing. A server listens at the same port
// on each of them (ServerOptions::reuse_port), and the kernel deals the clients out. What has to
// cross over goes by run_coroutine_threadsafe or call_soon_threadsafe, which wake the other loop by
// a message from ring to ring.

namespace rondo {

class ThreadedRunner {
 public:
  /// `loops`: how many; 0: one for each core that this process may use. They all run on the real
  /// clock. Only the one on the calling thread handles signals.
  explicit ThreadedRunner(std::size_t loops = 0, LoopOptions options = LoopOptions());
  ThreadedRunner(const ThreadedRunner&) = delete;
  ThreadedRunner& operator=(const ThreadedRunner&) = delete;

  /// How many loops there are.
  std::size_t size() const noexcept { return members_.size(); }

  /// Runs `main(index)`, or `main()`, on each loop: number 0 on the calling thread, the others on
  /// new ones. `main` is copied for each. Returns when all have ended, as `run` does. One that
  /// throws cancels the others, and what it threw is thrown here; if several did, an
  /// ExceptionGroup. Throws RuntimeError inside a running loop, and the second time.
  template <class Main>
    requires std::invocable<Main&> || std::invocable<Main&, std::size_t>
  void run(Main main) {
    run_all([main = std::move(main)](std::size_t index) mutable -> Coroutine<void> {
      if constexpr (std::invocable<Main&, std::size_t>) {
        return main(index);
      } else {
        return main();
      }
    });
  }

  /// Loop number `index`, while `run` runs; for run_coroutine_threadsafe and call_soon_threadsafe,
  /// which throw RuntimeError once its main has ended.
  Loop& loop(std::size_t index) { return *members_.at(index).loop; }

 private:
  /// One of the loops. Its fields are guarded by `mutex_`, and do not change between the moment at
  /// which all loops are there and the one at which all mains have ended.
  struct Member {
    Loop* loop = nullptr;
    AnyTask main;  // belongs to the loop's thread
    bool ended = false;
  };
  using MainOnLoop = std::function<Coroutine<void>(std::size_t)>;

  void run_all(MainOnLoop main);
  void run_member(std::size_t index, MainOnLoop& main);
  Coroutine<void> run_main(std::size_t index, MainOnLoop& main);
  void fail(std::exception_ptr error);
  void wait_until_all(bool (*is_so)(const Member&));
  void throw_errors();

  LoopOptions options_;
  std::vector<Member> members_;
  std::vector<std::exception_ptr> errors_;  // guarded by mutex_
  bool cancelling_ = false;                 // the same: one has failed
  bool started_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// Runs `main()` on a loop for each core that this process may use; see ThreadedRunner.
template <class Main>
void run_on_all_cores(Main main, LoopOptions options = LoopOptions()) {
  ThreadedRunner runner(0, std::move(options));
  runner.run(std::move(main));
}

}  // namespace rondo
