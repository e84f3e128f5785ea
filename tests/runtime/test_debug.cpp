#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime.h>

namespace rondo {

namespace {

using namespace std::chrono_literals;

Coroutine<void> never_awaited() {
  co_return;
}

/// Runs a coroutine in debug mode on the virtual clock; what was reported.
std::vector<std::string> reports_of(Coroutine<void> main, Duration slow = 1h) {
  std::vector<std::string> reports;
  LoopOptions options;
  options.clock = ClockKind::virtual_time;
  options.debug = true;
  Runner runner(options);
  runner.get_loop().slow_callback_duration = slow;
  runner.get_loop().set_exception_handler(
      [&reports](Loop&, const ExceptionContext& context) { reports.push_back(context.message); });
  runner.run(std::move(main));
  return reports;
}

bool any_contains(const std::vector<std::string>& reports, const std::string& part) {
  for (const std::string& report : reports) {
    if (report.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a step that takes too long is reported with the task and its line [case 161]") {
  const auto reports = reports_of(
      []() -> Coroutine<void> {
        co_await sleep(1s);
        co_await sleep(1s);
      }(),
      0s);
  CHECK(any_contains(reports, "Executing <Task-1 at "));
  CHECK(any_contains(reports, "test_debug.cpp:"));
  CHECK(any_contains(reports, "seconds"));
}

TEST_CASE("a callback that takes too long is reported [case 161]") {
  const auto reports = reports_of(
      []() -> Coroutine<void> {
        get_running_loop().call_soon([] {});
        co_await sleep(0s);
      }(),
      0s);
  CHECK(any_contains(reports, "Executing <callback> took "));
}

TEST_CASE("steps that are fast enough are not reported") {
  CHECK(reports_of([]() -> Coroutine<void> { co_await sleep(1s); }()).empty());
}

TEST_CASE("a coroutine that is dropped unawaited is reported by name in debug mode") {
  const auto reports = reports_of([]() -> Coroutine<void> {
    {
      auto forgotten = never_awaited();
    }
    co_await never_awaited();
    create_task(never_awaited());
  }());
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].find("never_awaited") != std::string::npos);
  CHECK(reports[0].find("was never awaited") != std::string::npos);
}

}  // namespace rondo
