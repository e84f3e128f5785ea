#pragma once

#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <rondo/runtime/future.h>

// Outcome<T>: how something ended, a value or an exception, to be looked at without throwing.

namespace rondo {

/// One entry of the list that gather(return_exceptions, ...) yields.
template <class T>
class Outcome {
 public:
  // Functions and not constructors, since a value may be an exception_ptr too.
  static Outcome success(detail::Stored<T> value) {
    return Outcome(Storage(std::in_place_index<0>, std::move(value)));
  }
  static Outcome failure(std::exception_ptr error) noexcept {
    return Outcome(Storage(std::in_place_index<1>, std::move(error)));
  }

  bool has_value() const noexcept { return outcome_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// The value; throws the exception if there is one instead.
  const detail::Stored<T>& value() const& {
    rethrow_error();
    return std::get<0>(outcome_);
  }
  detail::Stored<T>&& value() && {
    rethrow_error();
    return std::get<0>(std::move(outcome_));
  }
  const detail::Stored<T>& operator*() const& { return value(); }

  /// The exception, a CancelledError included; null when there is a value.
  std::exception_ptr exception() const noexcept {
    return has_value() ? nullptr : std::get<1>(outcome_);
  }
  /// The exception's text; empty when there is a value.
  std::string error() const {
    return has_value() ? std::string() : describe_exception(exception());
  }

 private:
  using Storage = std::variant<detail::Stored<T>, std::exception_ptr>;

  explicit Outcome(Storage outcome) : outcome_(std::move(outcome)) {}

  void rethrow_error() const {
    if (!has_value()) std::rethrow_exception(std::get<1>(outcome_));
  }

  Storage outcome_;
};

namespace detail {

/// The value of a future for a T that is done: its own when nobody else can ask for it or when it
/// cannot be copied, a copy otherwise.
template <class T>
Stored<T> take_value(FutureBase& future) {
  if constexpr (copyable<Stored<T>>) {
    if (!future.unique()) return result_of<T>(future);
  }
  return std::move(result_of<T>(future));
}

template <class T>
Outcome<T> outcome_of(FutureBase& future) {
  if (future.cancelled()) {
    return Outcome<T>::failure(std::make_exception_ptr(CancelledError(future.cancel_message())));
  }
  if (const std::exception_ptr error = future.exception()) return Outcome<T>::failure(error);
  return Outcome<T>::success(take_value<T>(future));
}

}  // namespace detail

}  // namespace rondo
