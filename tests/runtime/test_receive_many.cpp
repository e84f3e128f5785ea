// One request, many answers: receive_many and accept_many, by a ring that knows them, by one that
// is told not to, and through the stream that makes use of them.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime/detail/provided_buffers.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/ring.h>
#include <rondo/runtime/simulated_kernel.h>
#include <rondo/runtime/task.h>

#include "drivers.h"
#include "test_stream_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

constexpr std::size_t buffer_size = detail::ProvidedBuffers::size;

/// Where there is no ring, over what there is: its streams must do the same.
LoopOptions with_ring(bool multishot) {
  LoopOptions options;
  options.clock = ClockKind::real;
  if (io_uring_is_missing()) return options;
  options.make_driver = [multishot] {
    RingOptions ring;
    ring.multishot = multishot;
    return std::make_unique<Ring>(ring);
  };
  return options;
}

/// Every byte tells where it is.
std::string numbered(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i)
    bytes[i] = static_cast<char>(i * 31 + i / 251);
  return bytes;
}

Coroutine<> send_in_pieces(StreamWriter writer, std::string bytes, std::size_t piece) {
  for (std::size_t sent = 0; sent < bytes.size(); sent += piece) {
    writer.write(std::string_view(bytes).substr(sent, piece));
    co_await writer.drain();
    if (sent % 7 == 0) co_await sleep(0s);
  }
  writer.write_eof();
}

Coroutine<> transfer(std::size_t size, std::size_t piece) {
  auto [near, far] = socket_pair();
  auto [near_reader, near_writer] = stream_over(std::move(near));
  auto [far_reader, far_writer] = stream_over(std::move(far));
  const std::string bytes = numbered(size);
  Task<> sending = create_task(send_in_pieces(near_writer, bytes, piece));
  const std::string received = co_await far_reader.read();
  co_await sending;
  CHECK(received == bytes);
}

/// What a driver does with one request of many answers.
class ManyOperation final : public Operation {
 public:
  void partial(int result, const char* bytes) noexcept override {
    received.append(bytes, static_cast<std::size_t>(result));
  }
  void complete(int result) noexcept override { ended = result; }

  std::string received;
  std::optional<int> ended;
};

TEST_SUITE_BEGIN("real kernel");

TEST_CASE("[fault 20] a request of many answers goes on until it is cancelled") {
  if (skip_without_ring("many answers")) return;
  Ring ring;
  if (!ring.answers_many()) {
    std::puts("SKIP many answers: the kernel is older than Linux 6.1");
    return;
  }
  auto [mine, peer] = socket_pair();
  ManyOperation operation;
  ring.prepare(operation, {Opcode::receive_many, mine.get()});
  for (const char* piece : {"one ", "two ", "three"}) {
    send_now(peer, piece);
    ring.submit_and_wait(1s);
    ring.reap();
    CHECK(operation.in_flight());
  }
  CHECK(operation.received == "one two three");

  ring.cancel(operation);
  while (operation.in_flight()) {
    ring.submit_and_wait(1s);
    ring.reap();
  }
  CHECK(operation.ended == -ECANCELED);

  send_now(peer, "for the next one");
  ManyOperation next;
  ring.prepare(next, {Opcode::receive_many, mine.get()});
  peer = FileDescriptor();
  while (next.in_flight()) {
    ring.submit_and_wait(1s);
    ring.reap();
  }
  CHECK(next.received == "for the next one");
  CHECK(next.ended == 0);
}

TEST_CASE("[fault 43] when the buffers have run out the request ends, and no byte is lost") {
  if (skip_without_ring("running out of buffers")) return;
  Ring ring;
  if (!ring.answers_many()) {
    std::puts("SKIP running out of buffers: the kernel is older than Linux 6.1");
    return;
  }
  auto [mine, peer] = socket_pair();
  const int room = 4 * static_cast<int>(detail::ProvidedBuffers::count * buffer_size);
  ::setsockopt(peer.get(), SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  std::string sent;
  for (int i = 0; i < 2 * static_cast<int>(detail::ProvidedBuffers::count); ++i) {
    const std::string piece(buffer_size - 100, static_cast<char>('a' + i % 26));
    if (::send(peer.get(), piece.data(), piece.size(), MSG_DONTWAIT) < 0) break;
    sent += piece;
  }
  std::string received;
  int shortages = 0;
  while (received.size() < sent.size()) {
    ManyOperation operation;
    ring.prepare(operation, {Opcode::receive_many, mine.get()});
    // The answers stay where they are, and the buffers with them.
    for (int i = 0; i < 200; ++i)
      ring.submit_and_wait(0s);
    ring.reap();
    if (operation.ended == -ENOBUFS) ++shortages;
    ring.cancel(operation);
    while (operation.in_flight()) {
      ring.submit_and_wait(1s);
      ring.reap();
    }
    received += operation.received;
  }
  CHECK(received == sent);
  CHECK(shortages > 0);
  CHECK(shortages < 10);  // each has doubled the buffers
}

TEST_CASE("[fault 35] a request that is cancelled while bytes come gives its buffers back") {
  if (skip_without_ring("giving buffers back")) return;
  Ring ring;
  if (!ring.answers_many()) {
    std::puts("SKIP giving buffers back: the kernel is older than Linux 6.1");
    return;
  }
  auto [mine, peer] = socket_pair();
  constexpr std::size_t rounds = 4 * detail::ProvidedBuffers::count;
  std::size_t received = 0;
  bool short_of_buffers = false;
  for (std::size_t round = 0; round < rounds; ++round) {
    ManyOperation operation;
    ring.prepare(operation, {Opcode::receive_many, mine.get()});
    if (round % 2 == 0) ring.submit_and_wait(0s);
    send_now(peer, "x");
    ring.cancel(operation);
    while (operation.in_flight()) {
      ring.submit_and_wait(1s);
      ring.reap();
    }
    short_of_buffers = short_of_buffers || operation.ended == -ENOBUFS;
    received += operation.received.size();
  }
  const std::optional<std::string> rest = receive_now(mine);
  if (rest) received += rest->size();
  CHECK(received == rounds);
  CHECK_FALSE(short_of_buffers);
}

TEST_CASE("a stream receives all, in pieces of any size, with many answers and with one") {
  for (const bool multishot : {true, false}) {
    CAPTURE(multishot);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, buffer_size - 1, buffer_size,
                                    buffer_size + 1, std::size_t{100'000}}) {
      CAPTURE(piece);
      const std::size_t size = piece == 1 ? 5'000 : 1'000'000;
      run_bounded([=] { return transfer(size, piece); }, with_ring(multishot));
    }
  }
}

TEST_CASE("[fault 43] more connections receive at once than there are buffers") {
  constexpr std::size_t connections = detail::ProvidedBuffers::count + 100;
  for (const bool multishot : {true, false}) {
    CAPTURE(multishot);
    run_bounded(
        [=]() -> Coroutine<> {
          std::vector<FileDescriptor> peers;
          std::vector<std::pair<StreamReader, StreamWriter>> streams;
          for (std::size_t i = 0; i < connections; ++i) {
            auto [mine, peer] = socket_pair();
            streams.push_back(stream_over(std::move(mine)));
            peers.push_back(std::move(peer));
          }
          co_await let_run(2);
          const std::string bytes = numbered(buffer_size);
          for (int round = 0; round < 3; ++round) {
            for (const FileDescriptor& peer : peers)
              send_now(peer, bytes);
            std::size_t right = 0;
            for (auto& [reader, writer] : streams) {
              const std::string received = co_await reader.readexactly(std::ssize(bytes));
              if (received == bytes) ++right;
            }
            CHECK(right == connections);
          }
        },
        with_ring(multishot));
  }
}

TEST_CASE("a reader that is slow pauses a request of many answers, and loses nothing") {
  run_bounded(
      []() -> Coroutine<> {
        constexpr std::size_t limit = 1'000;
        auto [near, far] = socket_pair();
        auto [near_reader, near_writer] = stream_over(std::move(near));
        auto [far_reader, far_writer] = stream_over(std::move(far), limit);
        const std::string bytes = numbered(300'000);
        Task<> sending = create_task(send_in_pieces(near_writer, bytes, 100));
        std::string received;
        for (;;) {
          const std::string some = co_await far_reader.read(317);
          if (some.empty()) break;
          received += some;
          co_await let_run(2);
        }
        co_await sending;
        CHECK(received == bytes);
      },
      with_ring(true));
}

// The driver lends the bytes that have come for as long as the turn lasts.
TEST_CASE("bytes that are read later than in the turn in which they come are what they were") {
  run_bounded(
      []() -> Coroutine<> {
        auto [near, far] = socket_pair();
        auto [reader, writer] = stream_over(std::move(far));
        auto [others_near, others_far] = socket_pair();
        auto [others_reader, others_writer] = stream_over(std::move(others_far));
        send_now(near, "the first half, ");
        auto line = create_task(reader.readline());
        co_await until([&] { return reader.buffered() > 0; });
        // All the driver's buffers are used once more.
        for (std::size_t i = 0; i < detail::ProvidedBuffers::count; ++i) {
          send_now(others_near, "x");
          static_cast<void>(co_await others_reader.readexactly(1));
        }
        send_now(near, "and the second\n");
        const std::string both = co_await line;
        CHECK(both == "the first half, and the second\n");
      },
      with_ring(true));
}

TEST_CASE("bytes that were lent outlive a change of the protocol, and the loop") {
  StreamReader reader;
  run_bounded(
      [&reader]() -> Coroutine<> {
        auto [near, far] = socket_pair();
        auto first = std::make_shared<detail::Stream>(StreamReader::default_limit);
        const auto transport =
            DescriptorTransport::start(get_running_loop(), std::move(far), first);
        reader = detail::Stream::reader_of(first);
        send_now(near, "for the first");
        auto second = std::make_shared<detail::Stream>(StreamReader::default_limit);
        while (reader.buffered() == 0) {
          get_running_loop().call_soon([&reader = reader, transport, second] {
            if (reader.buffered() > 0) transport->set_protocol(second);
          });
          co_await sleep(1ms);
        }
        transport->abort();
        co_await let_run(3);
      },
      with_ring(true));
  run_bounded([&reader]() -> Coroutine<> {
    const std::string bytes = co_await reader.read(100);
    CHECK(bytes == "for the first");
  });
}

TEST_CASE("[fault 44] a request of many answers that ends for no reason is made again") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    LoopOptions options;
    options.clock = ClockKind::virtual_time;
    options.make_driver = [seed] { return std::make_unique<SimulatedKernel>(seed); };
    run_bounded([] { return transfer(5'000, 100); }, options);
  }
}

TEST_SUITE_END();

}  // namespace
