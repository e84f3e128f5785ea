// Pipes as streams: connect_read_pipe, connect_write_pipe and the transports below them.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>

#include <rondo/runtime/connect_pipe.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/pipe_transport.h>
#include <rondo/runtime/task.h>

#include "scripted_kernel.h"
#include "test_stream_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// The reading end and the writing one. `flags`: O_NONBLOCK or none.
std::pair<FileDescriptor, FileDescriptor> make_pipe(int flags = 0) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | flags) != 0) throw std::runtime_error("pipe2");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

/// More than a pipe holds.
std::string more_than_a_pipe_holds() {
  return std::string(1024 * 1024, 'x');
}

TEST_CASE("bytes go through a pipe in order, and the end comes after them") {
  for (const int flags : {0, O_NONBLOCK}) {
    run_bounded([flags]() -> Coroutine<void> {
      auto [reading, writing] = make_pipe(flags);
      const StreamReader reader = co_await connect_read_pipe(std::move(reading));
      const StreamWriter writer = co_await connect_write_pipe(std::move(writing));
      writer.write("one ");
      writer.write("two\n");
      co_await writer.drain();
      const std::string line = co_await reader.readline();
      CHECK(line == "one two\n");
      const std::string sent = more_than_a_pipe_holds();
      auto receiving = create_task(reader.read());
      writer.write(sent);
      writer.close();
      co_await writer.wait_closed();
      const std::string received = co_await receiving;
      CHECK(received == sent);
      CHECK(reader.at_eof());
    });
  }
}

TEST_CASE("write_eof is the end of a pipe, after all that was written") {
  run_bounded([]() -> Coroutine<void> {
    auto [reading, writing] = make_pipe();
    const StreamReader reader = co_await connect_read_pipe(std::move(reading));
    const StreamWriter writer = co_await connect_write_pipe(std::move(writing));
    CHECK(writer.can_write_eof());
    writer.write(more_than_a_pipe_holds());
    writer.write_eof();
    CHECK(writer.is_closing());
    CHECK_THROWS_AS(writer.write("more"), RuntimeError);
    const std::string received = co_await reader.read();
    CHECK(received.size() == more_than_a_pipe_holds().size());
    co_await writer.wait_closed();
  });
}

TEST_CASE("a writer notices that nobody is left to read, though it writes nothing [fault 8]") {
  run_bounded([]() -> Coroutine<void> {
    auto [reading, writing] = make_pipe();
    const StreamWriter writer = co_await connect_write_pipe(std::move(writing));
    co_await let_run(3);
    CHECK_FALSE(writer.is_closing());
    {
      const FileDescriptor closed = std::move(reading);
    }
    co_await until([&writer] { return writer.is_closing(); });
    co_await writer.wait_closed();  // no error: nothing was lost
    writer.write("into the void");
    const auto error = co_await thrown_by<ConnectionResetError>(writer.drain());
    CHECK(error);
  });
}

TEST_CASE("what was written and nobody will read is a broken pipe, not a signal [fault 8]") {
  run_bounded([]() -> Coroutine<void> {
    auto [reading, writing] = make_pipe();
    const StreamWriter writer = co_await connect_write_pipe(std::move(writing));
    writer.write(more_than_a_pipe_holds());
    auto draining = create_task(writer.drain());
    co_await let_run(5);
    CHECK_FALSE(draining.done());
    {
      const FileDescriptor closed = std::move(reading);
    }
    const auto error = co_await thrown_by<BrokenPipeError>(draining);
    CHECK(error);
    const auto closed = co_await thrown_by<BrokenPipeError>(writer.wait_closed());
    CHECK(closed);
  });
}

TEST_CASE("a loop of write and drain into a pipe without a reader ends [case 193]") {
  run_bounded([]() -> Coroutine<void> {
    auto [reading, writing] = make_pipe();
    const StreamWriter writer = co_await connect_write_pipe(std::move(writing));
    {
      const FileDescriptor closed = std::move(reading);
    }
    const auto write_for_ever = [](StreamWriter to) -> Coroutine<void> {
      for (;;) {
        to.write("x");
        co_await to.drain();
      }
    };
    const auto error = co_await thrown_by<ConnectionError>(write_for_ever(writer));
    CHECK(error);
  });
}

TEST_CASE("abort drops what the pipe had no room for, and ends a close that waits for a reader") {
  run_bounded([]() -> Coroutine<void> {
    auto [reading, writing] = make_pipe();
    const StreamReader reader = co_await connect_read_pipe(std::move(reading), 1);
    const StreamWriter writer = co_await connect_write_pipe(std::move(writing));
    writer.write(more_than_a_pipe_holds());
    writer.close();
    auto closing = create_task(writer.wait_closed());
    co_await let_run(20);
    CHECK_FALSE(closing.done());
    writer.transport()->abort();
    co_await closing;
    const std::string some = co_await reader.read();
    CHECK(some.size() < more_than_a_pipe_holds().size());
  });
}

TEST_CASE("a pipe is closed when the last handle of its stream goes") {
  run_bounded([]() -> Coroutine<void> {
    auto [reading, writing] = make_pipe();
    auto [other_reading, other_writing] = make_pipe();
    const StreamReader reader = co_await connect_read_pipe(std::move(reading));
    const StreamWriter other_writer = co_await connect_write_pipe(std::move(other_writing));
    {
      const StreamWriter writer = co_await connect_write_pipe(std::move(writing));
      const StreamReader other = co_await connect_read_pipe(std::move(other_reading));
      writer.write("farewell");
    }
    const std::string all = co_await reader.read();
    CHECK(all == "farewell");
    co_await until([&other_writer] { return other_writer.is_closing(); });
  });
}

TEST_CASE("the reading end can be written to by nobody") {
  run_bounded([]() -> Coroutine<void> {
    auto [reading, writing] = make_pipe();
    auto stream = std::make_shared<detail::Stream>(100);
    const auto transport = ReadPipeTransport::start(get_running_loop(), std::move(reading), stream);
    CHECK_FALSE(transport->can_write_eof());
    CHECK_THROWS_AS(transport->write("x"), RuntimeError);
    CHECK_THROWS_AS(transport->write_eof(), RuntimeError);
    transport->close();
    co_await detail::Stream::wait_closed(stream);
  });
}

TEST_CASE("a descriptor is duplicated, and keeps its flags and its owner") {
  run_bounded([]() -> Coroutine<void> {
    auto [reading, writing] = make_pipe();
    const int flags = ::fcntl(reading.get(), F_GETFL);
    {
      const StreamReader reader = co_await connect_read_pipe(reading.get());
      const StreamWriter writer = co_await connect_write_pipe(writing.get());
      writer.write("x");
      const std::string byte = co_await reader.readexactly(1);
      CHECK(byte == "x");
      CHECK(::fcntl(reading.get(), F_GETFL) == flags);
    }
    const bool writable = ::write(writing.get(), "y", 1) == 1;
    CHECK(writable);
    const StreamReader again = co_await connect_read_pipe(reading.get());
    const std::string byte = co_await again.readexactly(1);
    CHECK(byte == "y");
  });
}

TEST_CASE("a terminal is read by lines, as it hands them out") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor keyboard(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!keyboard || ::grantpt(keyboard.get()) != 0 || ::unlockpt(keyboard.get()) != 0) {
      std::printf("SKIP a terminal is read: no pseudo-terminal can be had here\n");
      co_return;
    }
    FileDescriptor terminal(::open(::ptsname(keyboard.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    const StreamReader reader = co_await connect_read_pipe(std::move(terminal));
    auto reading = create_task(reader.readline());
    co_await let_run(3);
    const bool typed = ::write(keyboard.get(), "show version\n", 13) == 13;
    CHECK(typed);
    const std::string line = co_await reading;
    CHECK(line == "show version\n");
  });
}

TEST_CASE("a file is refused as a pipe, and the message says what to use") {
  run_bounded([]() -> Coroutine<void> {
    std::string text;
    try {
      FileDescriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
      co_await connect_read_pipe(std::move(file));
    } catch (const ValueError& error) {
      text = error.what();
    }
    CHECK(text.find("open_file") != std::string::npos);
    const auto none = co_await thrown_by<OSError>(connect_write_pipe(FileDescriptor()));
    CHECK(none);
    CHECK_THROWS_AS(static_cast<void>(connect_read_pipe(-1)), OSError);
  });
}

TEST_CASE("a descriptor that does not block is waited for before it is tried again") {
  run_scripted([]() -> Coroutine<void> {
    auto [reading, writing] = make_pipe(O_NONBLOCK);
    const StreamReader reader = co_await connect_read_pipe(std::move(reading));
    co_await let_run(2);
    REQUIRE(kernel().asked().size() == 1);
    CHECK(kernel().asked()[0].request.opcode == Opcode::read);
    kernel().answer(-EAGAIN);
    co_await let_run(2);
    REQUIRE(kernel().asked().size() == 1);
    CHECK(kernel().asked()[0].request.opcode == Opcode::poll);
    kernel().answer(1);
    co_await let_run(2);
    REQUIRE(kernel().asked().size() == 1);
    CHECK(kernel().asked()[0].request.opcode == Opcode::read);
    kernel().answer(0);  // the end
    const std::string nothing = co_await reader.read();
    CHECK(nothing.empty());
  });
  run_scripted([]() -> Coroutine<void> {
    auto [reading, writing] = make_pipe(O_NONBLOCK);
    const StreamWriter writer = co_await connect_write_pipe(std::move(writing));
    writer.write("bytes");
    co_await let_run(2);
    kernel().answer(-EINTR);  // to the watch for readers, which is asked for again
    co_await let_run(2);
    REQUIRE(kernel().asked().size() == 2);
    CHECK(kernel().asked()[0].request.opcode == Opcode::write);
    kernel().answer(-EAGAIN);
    co_await let_run(2);
    CHECK(kernel().asked()[1].request.opcode == Opcode::poll);
    kernel().answer(-EINTR);  // to the watch, so that it comes last again
    co_await let_run(2);
    kernel().answer(POLLOUT);
    co_await let_run(2);
    REQUIRE(kernel().asked().size() == 2);
    CHECK(kernel().asked()[1].request.opcode == Opcode::write);
    CHECK(kernel().asked()[1].request.length == 5);
    kernel().answer(-EINTR);
    co_await let_run(2);
    kernel().answer(5);
    co_await let_run(2);
    CHECK(writer.transport()->get_write_buffer_size() == 0);
    CHECK(kernel().asked().size() == 1);
  });
}

TEST_CASE("a reader whose task is cancelled loses no byte of a pipe [case 165]") {
  run_bounded([]() -> Coroutine<void> {
    auto [reading, writing] = make_pipe();
    const StreamReader reader = co_await connect_read_pipe(std::move(reading));
    const StreamWriter writer = co_await connect_write_pipe(std::move(writing));
    std::string received;
    std::string sent;
    for (int round = 0; round < 1000; ++round) {
      auto task = create_task(reader.readexactly(2));
      co_await let_run(round % 4);
      const std::string pair{static_cast<char>('a' + round % 26), static_cast<char>(round % 128)};
      writer.write(pair);
      co_await let_run(round / 4 % 6);
      task.cancel();
      sent += pair;
      try {
        received += co_await task;
      } catch (const CancelledError&) {
        // The bytes are for the next one.
      }
    }
    writer.close();
    received += co_await reader.read();
    CHECK(received == sent);
  });
}

TEST_CASE("run ends with pipes open, reading, and blocked in writing [fault 34]") {
  auto [reading, writing] = make_pipe();
  auto [reading2, writing2] = make_pipe();
  std::shared_ptr<StreamReader> kept;
  run_bounded([&]() -> Coroutine<void> {
    const StreamReader reader = co_await connect_read_pipe(std::move(reading));
    const StreamWriter writer = co_await connect_write_pipe(std::move(writing2));
    kept = std::make_shared<StreamReader>(reader);
    create_task(reader.read());
    writer.write(more_than_a_pipe_holds());
    create_task(writer.drain());
    co_await let_run(3);
  });
  CHECK(kept->at_eof());
}

/// What stands at a place of an endless text that repeats itself late.
char byte_at(std::size_t place) {
  return static_cast<char>((place * 2654435761U) >> 13);
}

TEST_CASE("64 MiB go through a pipe byte for byte, and a slow reader holds the writer back" *
          doctest::test_suite("heavy")) {
  static constexpr std::size_t total = 64 * 1024 * 1024;
  static constexpr std::size_t limit = 32 * 1024;
  static constexpr std::size_t chunk = 50'000;
  run_bounded(
      []() -> Coroutine<void> {
        auto [reading, writing] = make_pipe(O_NONBLOCK);
        const auto stream = detail::read_pipe(get_running_loop(), std::move(reading), limit);
        const StreamReader reader = detail::Stream::reader_of(detail::Stream::handle_of(stream));
        const StreamWriter writer = co_await connect_write_pipe(std::move(writing));
        std::size_t most_unsent = 0;
        std::size_t most_unread = 0;
        std::size_t wrong = 0;
        std::size_t received = 0;
        const auto send = [&]() -> Coroutine<void> {
          for (std::size_t place = 0; place < total;) {
            std::string bytes;
            for (; bytes.size() < chunk && place < total; ++place)
              bytes.push_back(byte_at(place));
            writer.write(bytes);
            most_unsent = std::max(most_unsent, writer.transport()->get_write_buffer_size());
            co_await writer.drain();
          }
          writer.close();
        };
        auto sending = create_task(send());
        std::mt19937 random(1);  // NOLINT: the same each time
        for (;;) {
          const std::string bytes = co_await reader.read(1 + static_cast<int>(random() % chunk));
          if (bytes.empty()) break;
          for (const char byte : bytes)
            wrong += byte != byte_at(received++) ? 1 : 0;
          most_unread = std::max(most_unread, stream->reader_buffer().size());
          co_await let_run(static_cast<int>(random() % 3));
        }
        co_await sending;
        CHECK(received == total);
        CHECK(wrong == 0);
        CHECK(most_unsent <= 64 * 1024 + chunk);
        CHECK(most_unread <= 2 * limit + 2 * 64 * 1024);
      },
      LoopOptions(), 200s);
}

}  // namespace
