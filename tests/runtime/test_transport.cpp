// What all transports share: the limits of what waits to be sent.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/descriptor_transport.h>

#include "test_stream_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;

/// Writes down what it is told.
class Diary final : public Protocol {
 public:
  void connection_made(Transport&) override {}
  std::span<char> get_buffer() override { return room_; }
  void buffer_updated(std::size_t count) override { received.append(room_, count); }
  void eof_received() override {}
  void connection_lost(std::exception_ptr) override { log += "lost "; }
  void pause_writing() override { log += "pause "; }
  void resume_writing() override { log += "resume "; }

  std::string log;
  std::string received;

 private:
  char room_[64];
};

TEST_CASE("limits that are left out follow from the other, as asyncio has it") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, theirs] = socket_pair();
    auto transport =
        DescriptorTransport::start(get_running_loop(), std::move(mine), std::make_shared<Diary>());
    const auto limits_are = [&](std::size_t low, std::size_t high) {
      const WriteBufferLimits limits = transport->get_write_buffer_limits();
      CAPTURE(limits.low);
      CAPTURE(limits.high);
      CHECK((limits.low == low && limits.high == high));
    };
    limits_are(16 * 1024, 64 * 1024);
    transport->set_write_buffer_limits(1000);
    limits_are(250, 1000);
    transport->set_write_buffer_limits(std::nullopt, 1000);
    limits_are(1000, 4000);
    transport->set_write_buffer_limits(100, 100);
    limits_are(100, 100);
    CHECK_THROWS_AS(transport->set_write_buffer_limits(100, 101), ValueError);
    limits_are(100, 100);
    transport->set_write_buffer_limits(0);
    limits_are(0, 0);
    transport->set_write_buffer_limits();
    limits_are(16 * 1024, 64 * 1024);
    transport->abort();
    co_await let_run(3);
  });
}

TEST_CASE("new limits count at once for what waits already") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, theirs] = socket_pair();
    const auto diary = std::make_shared<Diary>();
    auto transport = DescriptorTransport::start(get_running_loop(), std::move(mine), diary);
    transport->write("0123456789");
    CHECK(transport->get_write_buffer_size() == 10);
    CHECK(diary->log.empty());
    transport->set_write_buffer_limits(9, 1);
    CHECK(diary->log == "pause ");
    transport->set_write_buffer_limits(100, 10);
    CHECK(diary->log == "pause resume ");
    transport->close();
    transport->set_write_buffer_limits(1, 1);
    // What is left of a send that took a part may be above the new mark.
    co_await until([&] { return diary->log.ends_with("lost "); });
    const std::string all = co_await receive(theirs, 10);
    CHECK(all == "0123456789");
  });
}

TEST_CASE("reading can be paused and resumed, each as often as one likes, and be asked for") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, theirs] = socket_pair();
    const auto diary = std::make_shared<Diary>();
    auto transport = DescriptorTransport::start(get_running_loop(), std::move(mine), diary);
    CHECK(transport->is_reading());
    co_await let_run(3);
    transport->pause_reading();
    transport->pause_reading();
    CHECK_FALSE(transport->is_reading());
    send_now(theirs, "one");
    co_await let_run(5);
    const std::string until_now = diary->received;
    send_now(theirs, "two");
    co_await let_run(5);
    CHECK(diary->received == until_now);  // at most what was under way
    transport->resume_reading();
    transport->resume_reading();
    CHECK(transport->is_reading());
    co_await until([&] { return diary->received == "onetwo"; });
    transport->abort();
    CHECK_FALSE(transport->is_reading());
    co_await until([&] { return diary->log == "lost "; });
  });
}

TEST_CASE("writelines writes each element of a range") {
  run_bounded([]() -> Coroutine<void> {
    auto [mine, theirs] = socket_pair();
    auto transport =
        DescriptorTransport::start(get_running_loop(), std::move(mine), std::make_shared<Diary>());
    transport->writelines(std::vector<std::string>{"one ", "two ", "three"});
    transport->close();
    const std::string all = co_await receive(theirs, 100);
    CHECK(all == "one two three");
  });
}

TEST_CASE("what connection_made throws is thrown on, and the connection is aborted") {
  class Refuser final : public Protocol {
   public:
    void connection_made(Transport& transport) override {
      CHECK(transport.get_extra_info("peername") == "somebody");
      throw std::runtime_error("not now");
    }
    std::span<char> get_buffer() override { return {}; }
    void buffer_updated(std::size_t) override {}
    void eof_received() override {}
    void connection_lost(std::exception_ptr) override { lost = true; }
    bool lost = false;
  };
  run_bounded([]() -> Coroutine<void> {
    auto [mine, theirs] = socket_pair();
    const auto refuser = std::make_shared<Refuser>();
    ExtraInfo info;
    info.emplace("peername", "somebody");
    CHECK_THROWS_AS(
        DescriptorTransport::start(get_running_loop(), std::move(mine), refuser, std::move(info)),
        std::runtime_error);
    co_await until([&] { return refuser->lost; });
  });
}

}  // namespace
