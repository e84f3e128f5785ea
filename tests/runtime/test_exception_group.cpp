#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/errors.h>
#include <rondo/runtime/exception_group.h>

namespace rondo::testing {
namespace {

std::exception_ptr failure(const char* text) {
  return std::make_exception_ptr(std::runtime_error(text));
}

TEST_CASE("an exception group says what is in it") {
  const ExceptionGroup one("several failed", {failure("boom")});
  CHECK(std::string(one.what()) == "several failed (1 sub-exception): boom");
  CHECK(one.message() == "several failed");
  CHECK(one.exceptions().size() == 1);
  const ExceptionGroup two("several failed",
                           {failure("boom"), std::make_exception_ptr(CancelledError())});
  CHECK(std::string(two.what()) == "several failed (2 sub-exceptions): boom; cancelled");
}

TEST_CASE("the exceptions of a type are found in groups within the group, in order") {
  const ExceptionGroup inner("inner", {failure("2"), std::make_exception_ptr(ValueError("value")),
                                       std::make_exception_ptr(42)});
  const ExceptionGroup outer("outer", {failure("1"), std::make_exception_ptr(inner), failure("3")});
  std::vector<std::string> texts;
  const auto found = outer.for_each<std::runtime_error>(
      [&texts](const std::runtime_error& error) { texts.emplace_back(error.what()); });
  CHECK(found == 3);
  CHECK(texts == std::vector<std::string>{"1", "2", "3"});
  CHECK(outer.for_each<ValueError>([](const ValueError&) {}) == 1);
  CHECK(outer.for_each<std::exception>([](const std::exception&) {}) == 4);
  CHECK(outer.for_each<int>([](int number) { CHECK(number == 42); }) == 1);
  CHECK(outer.for_each<OSError>([](const OSError&) {}) == 0);
}

TEST_CASE("an exception group is caught as any other exception") {
  std::string text;
  try {
    throw ExceptionGroup("outer", {failure("boom")});
  } catch (const std::exception& error) {
    text = error.what();
  }
  CHECK(text == "outer (1 sub-exception): boom");
}

}  // namespace
}  // namespace rondo::testing
