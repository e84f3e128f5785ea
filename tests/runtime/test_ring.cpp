// The ring: every request is answered exactly once, however little room its queues have. (What
// every driver must do is in test_drivers.cpp.)

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/ring.h>
#include <rondo/runtime/task.h>

#include "counted_operation.h"
#include "drivers.h"
#include "test_stream_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

constexpr Request nop_request{};

TEST_CASE("[fault 9] a ring of 4 entries takes 1000 requests in one turn") {
  if (skip_without_ring("[fault 9]")) return;
  Ring ring(with_entries(4));
  std::vector<CountedOperation> operations(1000);
  for (CountedOperation& operation : operations)
    operation.ask(ring);
  CHECK(ring.in_flight() == 1000);
  REQUIRE(finish(ring, 1000));
  for (const CountedOperation& operation : operations) {
    CHECK(operation.answers == 1);
    CHECK(operation.result == 0);
  }
}

TEST_CASE("[fault 9] over a ring of 4 entries 1000 tasks await the kernel at once") {
  if (skip_without_ring("[fault 9]")) return;
  run_bounded(
      []() -> Coroutine<void> {
        const auto ask = []() -> Coroutine<int> {
          co_return co_await detail::perform(nop_request);
        };
        std::vector<Coroutine<int>> questions;
        for (int i = 0; i < 1000; ++i)
          questions.push_back(ask());
        const std::vector<int> answers = co_await gather(std::move(questions));
        CHECK(answers == std::vector<int>(1000, 0));
      },
      kind_of("ring", with_entries(4)).options());
}

TEST_CASE("[fault 16] answers that overflow the completion queue are all delivered, none twice") {
  if (skip_without_ring("[fault 16]")) return;
  Ring ring(with_entries(8));
  std::vector<CountedOperation> operations(100);
  for (CountedOperation& operation : operations)
    operation.ask(ring);
  ring.submit_and_wait(1s);
  const std::size_t at_first = ring.reap();
  CHECK(at_first > 0);
  CHECK(at_first < operations.size());  // or the queue did not overflow
  REQUIRE(finish(ring, 100));
  for (const CountedOperation& operation : operations)
    CHECK(operation.answers == 1);
}

TEST_CASE("a wait of nothing makes no system call, and one for an answer makes one") {
  if (skip_without_ring("counting calls")) return;
  Ring ring;
  ring.submit_and_wait(20ms);
  CHECK(ring.reap() == 0);
  const std::size_t enters = ring.enters();
  ring.submit_and_wait(Duration::zero());
  CHECK(ring.enters() == enters);
  CountedOperation operation;
  operation.ask(ring);
  ring.submit_and_wait(1s);
  CHECK(ring.enters() == enters + 1);
  CHECK(ring.reap() == 1);
}

TEST_CASE("[fault 6] the ring says in which way it was set up") {
  if (skip_without_ring("[fault 6]")) return;
  RingOptions cooperative;
  cooperative.defer_taskrun = false;
  RingOptions plain = cooperative;
  plain.coop_taskrun = false;
  CHECK(Ring(plain).features().find(", plain") != std::string::npos);
  CHECK(Ring(cooperative).features().find("deferred") == std::string::npos);
  CHECK(Ring().features().find("io_uring, 256 entries, ") == 0);
  RingOptions without_messages;
  without_messages.send_messages = false;
  CHECK(Ring(without_messages).features().find("eventfd") != std::string::npos);
}

}  // namespace

TEST_SUITE_END();
