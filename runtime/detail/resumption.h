#pragma once

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

#include <rondo/runtime/coroutine.h>

// What a suspended generator is resumed with: a value that its `co_yield` yields, or an exception
// that is thrown there. Generators, asynchronous generators and coroutines stepped by hand share
// it.

namespace rondo::detail {

template <class Send>
class Resumption {
  static_assert(
      std::default_initializable<Stored<Send>>,
      "next() sends a default value; let the generator take a std::optional of this type");

 public:
  void send(Stored<Send> value) {
    error_ = nullptr;
    value_ = std::move(value);
  }
  void throw_in(std::exception_ptr error) noexcept { error_ = std::move(error); }

  /// In await_resume: the value, or throws the exception.
  Send take() {
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    if constexpr (!std::is_void_v<Send>) return std::move(value_);
  }

 private:
  Stored<Send> value_{};
  std::exception_ptr error_;  // null: `value_` counts
};

/// Is this what `next()` sends? Only that may start a generator: before its first `co_yield` there
/// is nobody to receive a value. A type that cannot be compared has no such value.
template <class Sent>
bool is_default(const Sent& value) {
  if constexpr (std::equality_comparable<Sent>) {
    return value == Sent{};
  } else {
    return false;
  }
}

}  // namespace rondo::detail
