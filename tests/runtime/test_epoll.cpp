// Epoll as a driver: several requests for one descriptor, descriptors that are closed beneath them,
// and those that lie about being ready. (What every driver must do is in test_drivers.cpp.)

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rondo/runtime/epoll.h>

#include "counted_operation.h"
#include "drivers.h"
#include "test_stream_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

TEST_CASE("a receive and a send on one socket wait side by side") {
  for (const EpollOptions& options : both_kinds_of_epoll) {
    Epoll driver(options);
    auto [mine, peer] = socket_pair();
    std::string much(16 * 1024 * 1024, 'x');
    CountedOperation send;
    send.ask(driver, {Opcode::send, mine.get(), much.data(), 16 * 1024 * 1024});
    REQUIRE(answered(driver, send));
    CHECK(send.result > 0);
    CHECK(send.result < 16 * 1024 * 1024);  // the socket is full now
    char byte = 0;
    CountedOperation receive;
    receive.ask(driver, {Opcode::receive, mine.get(), &byte, 1});
    send.ask(driver, {Opcode::send, mine.get(), much.data(), 1});
    turn_idly(driver);
    CHECK(driver.in_flight() == 2);

    send_now(peer, "y");
    CHECK(answered(driver, receive));
    CHECK(byte == 'y');
    CHECK(send.in_flight());
    while (send.in_flight()) {
      while (receive_now(peer)) {
      }
      turn_idly(driver, 1);
    }
    CHECK(send.result == 1);
  }
}

TEST_CASE("of several accepts on one listener each gets a connection") {
  Epoll driver;
  const FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof(sa_family_t);  // any name that is free
  REQUIRE(::bind(listener.get(), generic, length) == 0);
  REQUIRE(::listen(listener.get(), 5) == 0);
  length = sizeof address;
  REQUIRE(::getsockname(listener.get(), generic, &length) == 0);

  std::array<CountedOperation, 3> accepts;
  for (CountedOperation& accept : accepts)
    accept.ask(driver, {Opcode::accept, listener.get()});
  turn_idly(driver);
  std::vector<FileDescriptor> ends;
  for (int i = 0; i < 3; ++i) {
    ends.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(ends.back().get(), generic, length) == 0);
  }
  REQUIRE(finish(driver, 100));
  for (const CountedOperation& accept : accepts) {
    CHECK(accept.result >= 0);
    ends.emplace_back(accept.result);
  }
}

TEST_CASE("two polls of one descriptor are answered each when its own event comes") {
  Epoll driver;
  auto [mine, peer] = socket_pair();
  CountedOperation bytes;
  CountedOperation end;
  bytes.ask(driver, {Opcode::poll, mine.get(), nullptr, 0, POLLIN});
  end.ask(driver, {Opcode::poll, mine.get(), nullptr, 0, POLLRDHUP});
  turn_idly(driver);
  send_now(peer, "x");
  CHECK(answered(driver, bytes));
  CHECK(bytes.result == POLLIN);
  turn_idly(driver);
  CHECK(end.in_flight());
  peer = FileDescriptor();
  CHECK(answered(driver, end));
  CHECK((end.result & POLLRDHUP) != 0);
}

TEST_CASE("what waits for a descriptor while it is closed ends with EBADF") {
  Epoll driver;
  auto [mine, peer] = socket_pair();
  char byte = 0;
  CountedOperation receive;
  receive.ask(driver, {Opcode::receive, mine.get(), &byte, 1});
  turn_idly(driver);
  CountedOperation close;
  close.ask(driver, {Opcode::close, mine.release()});
  REQUIRE(finish(driver, 10));
  CHECK(receive.result == -EBADF);
  CHECK(close.result == 0);
  CHECK(receive_now(peer) == "");  // nothing has kept it open
}

TEST_CASE(
    "a descriptor that is closed, and lives on under another number, does not keep the loop "
    "awake") {
  Epoll driver;
  auto [mine, peer] = socket_pair();
  const FileDescriptor copy(::fcntl(mine.get(), F_DUPFD_CLOEXEC, 0));
  char byte = 0;
  CountedOperation receive;
  receive.ask(driver, {Opcode::receive, mine.get(), &byte, 1});
  turn_idly(driver);

  const auto how_often_it_wakes = [&] {
    send_now(peer, "x");
    int early = 0;
    for (int i = 0; i < 5; ++i) {
      const auto before = std::chrono::steady_clock::now();
      driver.submit_and_wait(5ms);
      driver.reap();
      if (std::chrono::steady_clock::now() - before < 5ms) ++early;
    }
    return early;
  };
  SUBCASE("closed by the driver") {
    CountedOperation close;
    close.ask(driver, {Opcode::close, mine.release()});
    REQUIRE(finish(driver, 10));
    CHECK(how_often_it_wakes() <= 1);  // an interruption
  }
  SUBCASE("closed behind the driver's back") {
    driver.cancel(receive);
    REQUIRE(finish(driver, 10));
    mine = FileDescriptor();
    CHECK(how_often_it_wakes() <= 2);  // once, and an interruption
  }
}

TEST_CASE(
    "[fault 14] who waits for a closed descriptor gets nothing of the next one of its number") {
  Epoll driver;
  auto [first, peer] = socket_pair();
  auto [second, other] = socket_pair();
  const int number = first.get();
  char old_byte = 0;
  char byte = 0;
  CountedOperation old_receive;
  CountedOperation receive;
  old_receive.ask(driver, {Opcode::receive, number, &old_byte, 1});
  turn_idly(driver);

  REQUIRE(::dup3(second.get(), number, O_CLOEXEC) == number);  // the old file is closed by that
  send_now(other, "n");
  receive.ask(driver, {Opcode::receive, number, &byte, 1});
  REQUIRE(finish(driver, 100));
  CHECK(old_receive.result == -EBADF);
  CHECK(old_byte == 0);
  CHECK(receive.result == 1);
  CHECK(byte == 'n');
}

TEST_CASE("a descriptor is waited for again though its number meant something else meanwhile") {
  Epoll driver;
  auto [first, peer] = socket_pair();
  const int number = first.get();
  char byte = 0;
  CountedOperation receive;
  for (int round = 0; round < 3; ++round) {
    auto [mine, other] = socket_pair();
    REQUIRE(::dup3(mine.get(), number, O_CLOEXEC) == number);
    receive.ask(driver, {Opcode::receive, number, &byte, 1});
    turn_idly(driver);
    CHECK(receive.in_flight());
    send_now(other, "x");
    CHECK(answered(driver, receive));
    CHECK(receive.result == 1);
  }
}

TEST_CASE("a connect to a Unix socket whose queue is full is tried again, and not without pause") {
  Epoll driver;
  const FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof(sa_family_t);
  REQUIRE(::bind(listener.get(), generic, length) == 0);
  REQUIRE(::listen(listener.get(), 0) == 0);
  length = sizeof address;
  REQUIRE(::getsockname(listener.get(), generic, &length) == 0);
  const FileDescriptor first(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(first.get(), generic, length) == 0);

  const FileDescriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CountedOperation connect;
  connect.ask(driver, {Opcode::connect, client.get(), &address, length});
  const auto before = std::chrono::steady_clock::now();
  const std::size_t waits = driver.waits();
  while (driver.waits() - waits < 10)
    turn_idly(driver, 1);
  CHECK(std::chrono::steady_clock::now() - before >= 5ms);
  CHECK(connect.in_flight());
  const FileDescriptor accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  CHECK(answered(driver, connect));
  CHECK(connect.result == 0);
}

TEST_CASE("a descriptor that only claims to be ready does not keep the loop busy") {
  Epoll driver;
  // A datagram socket has room to send, but the one that it sends to is full.
  const FileDescriptor sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const FileDescriptor receiver(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof(sa_family_t);
  REQUIRE(::bind(receiver.get(), generic, length) == 0);
  length = sizeof address;
  REQUIRE(::getsockname(receiver.get(), generic, &length) == 0);
  char byte = 'x';
  while (::sendto(sender.get(), &byte, 1, MSG_DONTWAIT, generic, length) == 1) {
  }
  iovec piece{&byte, 1};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = length;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  CountedOperation send;
  send.ask(driver, {Opcode::send_message, sender.get(), &message});
  const auto before = std::chrono::steady_clock::now();
  const std::size_t waits = driver.waits();
  while (driver.waits() - waits < 100)
    turn_idly(driver, 1);
  CHECK(std::chrono::steady_clock::now() - before >= 40ms);
  CHECK(send.in_flight());
  CHECK(receive_now(receiver) == "x");
  CHECK(answered(driver, send));
  CHECK(send.result == 1);
}

TEST_CASE("a poll for what a device never does waits until it is cancelled") {
  Epoll driver;
  const FileDescriptor device(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CountedOperation poll;
  poll.ask(driver, {Opcode::poll, device.get(), nullptr, 0, POLLPRI});
  turn_idly(driver);
  CHECK(poll.in_flight());
  driver.cancel(poll);
  CHECK(answered(driver, poll));
  CHECK(poll.result == -ECANCELED);
}

TEST_CASE("epoll is asked only while somebody waits for a descriptor, or for time") {
  Epoll driver;
  for (int i = 0; i < 100; ++i) {
    CountedOperation nop;
    nop.ask(driver);
    driver.submit_and_wait(1s);
    CHECK(driver.reap() == 1);
    driver.submit_and_wait(Duration::zero());
  }
  CHECK(driver.waits() == 0);
}

TEST_CASE("the driver says what it is") {
  CHECK(Epoll().features().find("epoll, deadlines to the nanosecond") == 0);
  CHECK(Epoll(old_epoll()).features() ==
        "epoll, deadlines to the millisecond, at most 1 threads for files");
}

}  // namespace

TEST_SUITE_END();
