#pragma once

#include <latch>
#include <thread>
#include <vector>

#include <rondo/runtime/coroutine.h>
#include <rondo/ssh/detail/turn_budget.h>

// LeakSanitizer's, where it is at work.
extern "C" [[gnu::weak]] void __lsan_disable();
extern "C" [[gnu::weak]] void __lsan_enable();

namespace rondo::tests {

/// What its thread allocates while one of these lives is not looked at. libssh2 1.10 forgets, in
/// libcrypto, the server's public key (some 370 bytes) when a handshake with curve25519 fails after
/// it was read, and numbers of an ECDSA key (some 40 bytes each) that it reads from OpenSSH's
/// format.
class LeaksOfLibssh2 {
 public:
  LeaksOfLibssh2() {
    ++alive_;
    if (__lsan_disable != nullptr) __lsan_disable();
  }
  LeaksOfLibssh2(const LeaksOfLibssh2&) = delete;
  LeaksOfLibssh2& operator=(const LeaksOfLibssh2&) = delete;
  ~LeaksOfLibssh2() {
    --alive_;
    if (__lsan_enable != nullptr) __lsan_enable();
  }

  /// The same for the threads that compute for the running loop's sessions, while what this returns
  /// is kept.
  static Coroutine<std::shared_ptr<ssh::detail::TurnBudget>> of_other_threads() {
    auto budget = ssh::detail::TurnBudget::of(get_running_loop());
    if (alive_ == 0 || __lsan_disable == nullptr) co_return budget;
    const std::size_t count = std::max(std::thread::hardware_concurrency(), 1U);
    std::latch together(static_cast<std::ptrdiff_t>(count));
    std::vector<Future<int>> jobs;
    for (std::size_t i = 0; i < count; ++i) {
      jobs.push_back(budget->elsewhere([&together] {
        __lsan_disable();
        together.arrive_and_wait();
        return 0;
      }));
    }
    for (const Future<int>& job : jobs)
      co_await job;
    co_return budget;
  }

 private:
  static inline int alive_ = 0;
};

}  // namespace rondo::tests
