#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

#include <doctest/doctest.h>

#include <rondo/runtime/outcome.h>

#include "virtual_run.h"

namespace rondo::testing {
namespace {

template <class T>
Outcome<T> outcome(Future<T> future) {
  return detail::outcome_of<T>(future.state());
}

TEST_CASE("the outcome of a success holds the value and no exception") {
  Loop loop(virtual_time());
  auto future = Future<std::string>::create_on(loop);
  future.set_result("value");
  const auto result = outcome(future);
  CHECK(result.has_value());
  CHECK(result);
  CHECK(result.value() == "value");
  CHECK(*result == "value");
  CHECK(result.exception() == nullptr);
  CHECK(result.error().empty());
  CHECK(future.result() == "value");  // the future keeps its own
}

TEST_CASE("the outcome of a failure throws when it is asked for the value") {
  Loop loop(virtual_time());
  auto future = Future<std::string>::create_on(loop);
  future.set_exception(std::runtime_error("boom"));
  auto result = outcome(future);
  CHECK_FALSE(result.has_value());
  CHECK(result.error() == "boom");
  CHECK(result.exception() != nullptr);
  CHECK_THROWS_WITH_AS(result.value(), "boom", std::runtime_error);
  CHECK_THROWS_WITH_AS(std::move(result).value(), "boom", std::runtime_error);
}

TEST_CASE("the outcome of a cancellation is a CancelledError with its message") {
  Loop loop(virtual_time());
  auto future = Future<int>::create_on(loop);
  future.cancel("enough");
  const auto result = outcome(future);
  CHECK(result.error() == "cancelled: enough");
  CHECK_THROWS_AS(result.value(), CancelledError);
}

TEST_CASE("an outcome may be void, or be moved out of") {
  Loop loop(virtual_time());
  auto nothing = Future<>::create_on(loop);
  nothing.set_result();
  CHECK(outcome(nothing).has_value());
  auto owner = Future<std::unique_ptr<int>>::create_on(loop);
  owner.set_result(std::make_unique<int>(3));
  const std::unique_ptr<int> taken = outcome(owner).value();
  CHECK(*taken == 3);
}

TEST_CASE("an exception that is a value is not mistaken for a failure") {
  Loop loop(virtual_time());
  auto carrying = Future<std::exception_ptr>::create_on(loop);
  carrying.set_result(std::make_exception_ptr(std::runtime_error("carried")));
  const auto value = outcome(carrying);
  CHECK(value.has_value());
  CHECK(value.exception() == nullptr);
  CHECK(describe_exception(*value) == "carried");
  auto failing = Future<std::exception_ptr>::create_on(loop);
  failing.set_exception(std::runtime_error("thrown"));
  const auto error = outcome(failing);
  CHECK_FALSE(error.has_value());
  CHECK(error.error() == "thrown");
}

}  // namespace
}  // namespace rondo::testing
