#pragma once

#include <coroutine>
#include <utility>

// How control goes from one coroutine to another without growing the stack.
//
// clang turns "await_suspend returns the next handle" into a jump, at every optimisation level. g++
// does not without optimisation, nor under the sanitizers, and 20,000 awaits in a row would
// overflow the stack; there the next handle is left in a variable and a loop below all coroutines
// picks it up. Both forms are behind the same three names.

namespace rondo::detail {

#if defined(__clang__)

using Transfer = std::coroutine_handle<>;

/// To be returned by await_suspend: go on with `next`.
inline Transfer transfer_to(std::coroutine_handle<> next) noexcept {
  return next;
}

/// To be returned by await_suspend: go back to whoever called `resume_here`.
inline Transfer transfer_back() noexcept {
  return std::noop_coroutine();
}

/// Runs a coroutine, and all those that control is transferred to, until one of them suspends.
inline void resume_here(std::coroutine_handle<> coroutine) {
  coroutine.resume();
}

#else

using Transfer = void;

inline constinit thread_local std::coroutine_handle<> next_coroutine{};

inline void transfer_to(std::coroutine_handle<> next) noexcept {
  next_coroutine = next;
}

inline void transfer_back() noexcept {}

inline void resume_here(std::coroutine_handle<> coroutine) {
  while (coroutine) {
    next_coroutine = nullptr;
    coroutine.resume();
    coroutine = std::exchange(next_coroutine, nullptr);
  }
}

#endif

}  // namespace rondo::detail
