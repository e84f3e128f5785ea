#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

#include <doctest/doctest.h>

#include <rondo/runtime/clock.h>

namespace rondo::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a delay is rounded up to whole nanoseconds, so that no sleep ends early") {
  using Picoseconds = std::chrono::duration<std::int64_t, std::pico>;
  CHECK(to_duration(Picoseconds(1)) == 1ns);
  CHECK(to_duration(Picoseconds(1001)) == 2ns);
  CHECK(to_duration(Picoseconds(2000)) == 2ns);
  CHECK(to_duration(std::chrono::duration<double>(1e-10)) == 1ns);
  CHECK(to_duration(std::chrono::duration<double>(0.25)) == 250ms);
  CHECK(to_duration(-1500us) == -1500000ns);
}

TEST_CASE("a delay that does not fit becomes the longest or shortest one") {
  using Seconds = std::chrono::duration<double>;
  CHECK(to_duration(std::chrono::hours::max()) == Duration::max());
  CHECK(to_duration(std::chrono::hours::min()) == Duration::min());
  CHECK(to_duration(Seconds(std::numeric_limits<double>::infinity())) == Duration::max());
  CHECK(to_duration(Seconds(-std::numeric_limits<double>::infinity())) == Duration::min());
  CHECK(to_duration(Seconds(1e300)) == Duration::max());
  CHECK(to_duration(Duration::max()) == Duration::max());
  CHECK(to_duration(Duration::min()) == Duration::min());
}

TEST_CASE("a delay that is not a number is a ValueError [case 28]") {
  const std::chrono::duration<double> nan(std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_AS(to_duration(nan), ValueError);
}

TEST_CASE("adding a delay to a moment stops at either end of time") {
  const TimePoint late = TimePoint::max() - 1s;
  const TimePoint early = TimePoint::min() + 1s;
  CHECK(saturating_add(late, 2s) == TimePoint::max());
  CHECK(saturating_add(late, 1s) == TimePoint::max());
  CHECK(saturating_add(early, -2s) == TimePoint::min());
  CHECK(saturating_add(TimePoint(), 3s) == TimePoint(3s));
  CHECK(saturating_add(TimePoint(5s), Duration::max()) == TimePoint::max());
  CHECK(saturating_add(TimePoint(-5s), Duration::min()) == TimePoint::min());
  CHECK(saturating_add(TimePoint(-5s), Duration::max()) > TimePoint(1s));
}

}  // namespace
}  // namespace rondo::testing
