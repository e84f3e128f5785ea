// StreamWriter over a transport that sends nothing by itself.

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/gather.h>
#include <rondo/runtime/stream_writer.h>
#include <rondo/runtime/task.h>

#include "test_stream_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// Keeps what is written until the test sends it; loses the connection when the test says so.
class HeldTransport final : public Transport {
 public:
  explicit HeldTransport(std::shared_ptr<detail::Stream> stream) : stream_(std::move(stream)) {
    stream_->connection_made(*this);
  }

  void write(std::string_view bytes) override {
    held += bytes;
    check_water_marks(*stream_);
  }
  void write_eof() override { eof_written = true; }
  bool can_write_eof() const noexcept override { return true; }
  void close() override { ++closes; }
  void abort() override { ++aborts; }
  bool is_closing() const noexcept override { return closes + aborts > 0; }
  void pause_reading() override {}
  void resume_reading() override {}
  std::size_t get_write_buffer_size() const noexcept override { return held.size(); }

  void send(std::size_t count) {
    held.erase(0, count);
    check_water_marks(*stream_);
  }
  void lose(std::exception_ptr error) { stream_->connection_lost(std::move(error)); }

  std::string held;
  bool eof_written = false;
  int closes = 0;
  int aborts = 0;

 private:
  std::shared_ptr<detail::Stream> stream_;
};

/// A connection over a HeldTransport.
struct Held {
  explicit Held(std::shared_ptr<detail::Stream> plain = std::make_shared<detail::Stream>(1024))
      : transport(plain), handle(detail::Stream::handle_of(plain)), writer(handle) {
    transport.set_write_buffer_limits(100, 20);
  }

  HeldTransport transport;
  std::shared_ptr<detail::Stream> handle;
  StreamWriter writer;
};

template <class F>
void run_held(F body) {
  run_bounded(std::move(body), virtual_time());
}

TEST_CASE("[case 192] ten drains over the high-water mark all go on at the low-water mark") {
  run_held([]() -> Coroutine<void> {
    Held held;
    const StreamWriter& writer = held.writer;
    writer.write(std::string(100, 'x'));
    co_await writer.drain();  // at the mark is not above it

    writer.write("x");
    std::vector<Task<void>> drains;
    for (int i = 0; i < 10; ++i)
      drains.push_back(create_task(writer.drain()));
    const auto how_many_are_done = [&drains] {
      return std::ranges::count_if(drains, [](const auto& drain) { return drain.done(); });
    };
    co_await let_run(3);
    CHECK(how_many_are_done() == 0);
    held.transport.send(80);  // 21 are left
    co_await let_run(3);
    CHECK(how_many_are_done() == 0);
    held.transport.send(1);
    co_await let_run(3);
    CHECK(how_many_are_done() == 10);
    co_await gather(drains);
    co_await writer.drain();
  });
}

TEST_CASE("[case 192] a cancelled drain leaves the others waiting, and what was written unsent") {
  run_held([]() -> Coroutine<void> {
    Held held;
    held.writer.write(std::string(101, 'x'));
    auto cancelled = create_task(held.writer.drain());
    auto other = create_task(held.writer.drain());
    co_await let_run();
    cancelled.cancel();
    const auto error = co_await thrown_by<CancelledError>(cancelled);
    CHECK(error);
    co_await let_run();
    CHECK_FALSE(other.done());
    CHECK(held.transport.held.size() == 101);
    held.transport.send(101);
    co_await other;
  });
}

TEST_CASE("[case 193] drains that wait when the connection is lost throw what ended it") {
  run_held([]() -> Coroutine<void> {
    Held with_error;
    with_error.writer.write(std::string(101, 'x'));
    auto told_why = create_task(with_error.writer.drain());
    co_await let_run();
    with_error.transport.lose(make_os_error(EPIPE, "send"));
    const auto why = co_await thrown_by<BrokenPipeError>(told_why);
    CHECK(why);
    const auto again = co_await thrown_by<BrokenPipeError>(with_error.writer.drain());
    CHECK(again);
    const auto at_the_end = co_await thrown_by<BrokenPipeError>(with_error.writer.wait_closed());
    CHECK(at_the_end);

    Held without;
    without.writer.write(std::string(101, 'x'));
    auto told_that = create_task(without.writer.drain());
    co_await let_run();
    without.transport.lose(nullptr);
    const auto that = co_await thrown_by<ConnectionResetError>(told_that);
    CHECK(that);
    co_await without.writer.wait_closed();  // a plain close is no error
  });
}

TEST_CASE("[case 194] once the connection is lost, writes are dropped and drain throws") {
  run_held([]() -> Coroutine<void> {
    Held held;
    CHECK_FALSE(held.writer.is_closing());
    held.transport.lose(nullptr);
    CHECK(held.writer.is_closing());
    CHECK(held.writer.transport() == nullptr);
    CHECK_FALSE(held.writer.can_write_eof());
    CHECK(held.writer.get_extra_info("peername").empty());
    held.writer.write("data");
    held.writer.write_eof();
    held.writer.close();
    CHECK(held.transport.held.empty());
    CHECK(held.transport.closes == 0);
    const auto error = co_await thrown_by<ConnectionResetError>(held.writer.drain());
    CHECK(error);
  });
}

TEST_CASE("[case 194] drain after close throws even before the close is through") {
  run_held([]() -> Coroutine<void> {
    Held held;
    held.writer.close();
    held.writer.write("");
    const auto error = co_await thrown_by<ConnectionResetError>(held.writer.drain());
    CHECK(error);
    held.transport.lose(nullptr);
  });
}

TEST_CASE("[case 194] drain after close still waits for what was written before") {
  run_held([]() -> Coroutine<void> {
    Held held;
    held.writer.write(std::string(101, 'x'));
    held.writer.close();
    auto drain = create_task(held.writer.drain());
    co_await let_run(5);
    CHECK_FALSE(drain.done());
    held.transport.send(90);
    co_await drain;
    held.transport.lose(nullptr);
  });
}

TEST_CASE("[case 196] the connection is closed when its last handle goes, not before") {
  run_held([]() -> Coroutine<void> {
    auto held = std::make_unique<Held>();
    auto plain = std::make_shared<detail::Stream>(1024);
    HeldTransport transport(plain);
    {
      auto handle = detail::Stream::handle_of(plain);
      auto reader = std::make_unique<StreamReader>(detail::Stream::reader_of(handle));
      auto writer = std::make_unique<StreamWriter>(handle);
      const StreamWriter copy = *writer;
      handle.reset();
      writer.reset();
      CHECK(transport.closes == 0);
      reader.reset();
      CHECK(transport.closes == 0);
    }
    CHECK(transport.closes == 1);
    transport.lose(nullptr);
    held->transport.lose(nullptr);
    held.reset();
    co_return;
  });
}

TEST_CASE("writelines writes each element, write_eof and extra info reach the transport") {
  run_held([]() -> Coroutine<void> {
    Held held;
    const std::vector<std::string> lines{"a\n", "b\n"};
    held.writer.writelines(lines);
    CHECK(held.transport.held == "a\nb\n");
    CHECK(held.writer.can_write_eof());
    held.writer.write_eof();
    CHECK(held.transport.eof_written);
    held.transport.set_extra_info("peername", "router");
    CHECK(held.writer.get_extra_info("peername") == "router");
    CHECK(held.writer.get_extra_info("sockname").empty());
    held.transport.lose(nullptr);
    co_return;
  });
}

}  // namespace
