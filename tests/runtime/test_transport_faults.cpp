// Connections over a kernel that answers when the test says so: half of a send, an error out of
// nowhere, a receive that does not end.

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondo/runtime/task.h>

#include "captured_stderr.h"
#include "in_child.h"
#include "scripted_kernel.h"
#include "test_stream_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using rondo::testing::CapturedStderr;

TEST_CASE("[fault 22] under a stream it is an error of the connection, not a cancellation") {
  run_scripted([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    auto reading = create_task(reader.read(1));
    co_await let_run(2);
    kernel().answer(-ECANCELED);
    const auto error = co_await thrown_by<OSError>(reading);
    CHECK(error);
    CHECK(error->code().value() == ECANCELED);
    CHECK_FALSE(reading.cancelled());
  });
}

TEST_CASE("[fault 34] run ends though a connection's receive cannot be cancelled") {
  const ChildReport report = in_child([] {
    const CapturedStderr reports;
    run_scripted([]() -> Coroutine<void> {
      kernel().obeys_cancels = false;
      auto [mine, peer] = socket_pair();
      auto [reader, writer] = stream_over(std::move(mine));
      co_await let_run(2);
      CHECK(kernel().asked().size() == 1);
    });
    return reports.text();
  });
  CHECK_FALSE(report.failed);
  CHECK(report.text ==
        "rondo: the event loop closes though the kernel has not answered 1 operation(s) that were "
        "cancelled; their memory is never freed\n");
}

/// Fails the test unless the oldest question is a send of exactly these bytes.
void check_send(std::string_view bytes) {
  REQUIRE_FALSE(kernel().asked().empty());
  for (const ScriptedKernel::Question& question : kernel().asked()) {
    if (question.request.opcode != Opcode::send) continue;
    const auto* begin = static_cast<const char*>(question.request.buffer);
    CHECK(std::string_view(begin, question.request.length) == bytes);
    return;
  }
  FAIL("nothing is being sent");
}

TEST_CASE("[fault 28] a cancelled drain cancels no send: after a part the rest follows") {
  run_scripted([]() -> Coroutine<void> {
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    writer.transport()->pause_reading();      // now only sends are asked for
    const std::string sent(100 * 1024, 'x');  // more than the high-water mark
    writer.write(sent + "end");
    auto draining = create_task(writer.drain());
    co_await let_run(2);
    check_send(sent + "end");
    draining.cancel();
    const auto error = co_await thrown_by<CancelledError>(draining);
    CHECK(error);
    REQUIRE(kernel().asked().size() == 1);
    CHECK_FALSE(kernel().asked().front().cancel_asked);
    kernel().answer(static_cast<int>(sent.size()));  // a part
    co_await let_run(2);
    check_send("end");
    kernel().answer(3);
    co_await let_run(2);
    CHECK(kernel().asked().empty());
    writer.close();
    co_await writer.wait_closed();
  });
}

TEST_CASE("[fault 28] after a send that was cancelled half-way nothing more is sent") {
  run_scripted([]() -> Coroutine<void> {
    kernel().obeys_cancels = false;
    auto [mine, peer] = socket_pair();
    auto [reader, writer] = stream_over(std::move(mine));
    writer.transport()->pause_reading();
    writer.write("partly sent");
    co_await let_run(2);
    check_send("partly sent");
    Operation& send = *kernel().asked().front().operation;
    writer.transport()->abort();
    kernel().answer(6);  // too late: six bytes have gone out
    writer.write("never sent");
    co_await let_run(3);
    CHECK(kernel().asked().empty());
    const auto still_open = receive_now(peer);
    CHECK_FALSE(still_open);
    kernel().answer_cancel(send);
    co_await writer.wait_closed();
    CHECK(kernel().asked().empty());
    CHECK(receive_now(peer) == "");  // closed, though the last bytes are missing
  });
}

TEST_CASE("[fault 30] what was written may be destroyed at once: the peer gets the bytes") {
  for (const bool scripted_kernel : {false, true}) {
    const auto write_and_overwrite = [scripted_kernel]() -> Coroutine<void> {
      auto [mine, peer] = socket_pair();
      auto [reader, writer] = stream_over(std::move(mine));
      const std::string expected(1000, 'a');
      {
        std::string bytes = expected;
        writer.write(bytes);
        bytes.assign(1000, 'b');
      }
      co_await let_run(2);
      if (scripted_kernel) {
        check_send(expected);
        co_return;
      }
      const std::string received = co_await receive(peer, expected.size());
      CHECK(received == expected);
    };
    run_bounded(write_and_overwrite, scripted_kernel ? scripted() : LoopOptions());
  }
}

}  // namespace
