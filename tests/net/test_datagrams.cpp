// This file is long because the transport, its protocol and the endpoint are told apart by it case
// by case.

// Datagrams: the transport and its protocol, as asyncio has them, and the endpoint that is awaited.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/net/datagram_endpoint.h>
#include <rondo/runtime/async_with.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// Writes down what it is told.
class DatagramDiary : public DatagramProtocol {
 public:
  void connection_made(DatagramTransport&) override { log += "made "; }
  void datagram_received(std::string_view bytes, const Address& sender) override {
    log += std::string(bytes) + " ";
    senders.push_back(sender);
  }
  void error_received(std::exception_ptr error) override {
    errors.push_back(describe_exception(error));
  }
  void connection_lost(std::exception_ptr error) override { log += error ? "error " : "lost "; }
  void pause_writing() override { log += "pause "; }
  void resume_writing() override { log += "resume "; }

  std::string log;
  std::vector<Address> senders;
  std::vector<std::string> errors;
};

DatagramOptions at(const std::string& host) {
  DatagramOptions options;
  options.local_addr(host, 0);
  return options;
}
DatagramOptions towards(const Address& address) {
  DatagramOptions options;
  options.remote_addr(address.host(), address.port());
  return options;
}

/// A UDP socket at a free port of the loopback.
FileDescriptor bare_udp(const Address& address = Address("127.0.0.1", 0)) {
  FileDescriptor socket(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || ::bind(socket.get(), address.get(), address.length()) != 0) {
    throw_os_error(errno, "bind " + address.text());
  }
  return socket;
}
void send_to_now(const FileDescriptor& socket, const std::string& bytes, const Address& to) {
  const ssize_t sent = ::sendto(socket.get(), bytes.data(), bytes.size(), 0, to.get(), to.length());
  if (sent != static_cast<ssize_t>(bytes.size())) throw_os_error(errno, "sendto");
}
Coroutine<std::string> receive_datagram(const FileDescriptor& socket) {
  std::optional<std::string> bytes = receive_now(socket);
  while (!bytes) {
    co_await sleep(1ms);
    bytes = receive_now(socket);
  }
  co_return *bytes;
}

TEST_CASE("a datagram protocol is told everything in order, and the end last") {
  run_bounded([]() -> Coroutine<void> {
    const auto diary = std::make_shared<DatagramDiary>();
    auto transport = co_await create_datagram_endpoint(diary, at("127.0.0.1"));
    const Address mine = local_address(transport->descriptor());
    CHECK(transport->get_extra_info("sockname") == mine.text());
    CHECK(transport->get_extra_info("peername").empty());
    const FileDescriptor peer = bare_udp();
    const Address theirs = local_address(peer.get());
    send_to_now(peer, "one", mine);
    send_to_now(peer, "", mine);
    send_to_now(peer, "three", mine);
    co_await until([&] { return diary->senders.size() == 3; });
    CHECK(diary->log == "made one  three ");
    CHECK(diary->senders[0] == theirs);

    transport->sendto("back", theirs);
    transport->sendto("", theirs);
    for (const char* expected : {"back", ""}) {
      const std::string bytes = co_await receive_datagram(peer);
      CHECK(bytes == expected);
    }
    transport->sendto("last words", theirs);
    transport->close();
    CHECK(transport->is_closing());
    transport->close();
    transport->sendto("dropped", theirs);
    co_await until([&] { return diary->log == "made one  three lost "; });
    const std::string last = co_await receive_datagram(peer);
    CHECK(last == "last words");
    transport->abort();
    transport->sendto("dropped", theirs);
    co_await let_run(3);
    const auto nothing = receive_now(peer);
    CHECK_FALSE(nothing.has_value());
    CHECK(diary->errors.empty());
  });
}

TEST_CASE("an endpoint with a remote address sends to it alone, and hears nobody else") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor peer = bare_udp();
    const FileDescriptor stranger = bare_udp();
    const Address theirs = local_address(peer.get());
    const auto diary = std::make_shared<DatagramDiary>();
    auto transport = co_await create_datagram_endpoint(diary, towards(theirs));
    CHECK(transport->get_extra_info("peername") == theirs.text());
    const Address mine = local_address(transport->descriptor());
    transport->sendto("to you");
    transport->sendto("to you too", theirs);
    const std::string first = co_await receive_datagram(peer);
    const std::string second = co_await receive_datagram(peer);
    CHECK(first == "to you");
    CHECK(second == "to you too");
    CHECK_THROWS_AS(transport->sendto("x", local_address(stranger.get())), ValueError);
    send_to_now(stranger, "ignore me", mine);
    send_to_now(peer, "hear me", mine);
    co_await until([&] { return !diary->senders.empty(); });
    CHECK(diary->log == "made hear me ");
    transport->abort();
    co_await until([&] { return diary->log == "made hear me lost "; });
  });
}

TEST_CASE("without a remote address a datagram has to say to whom it goes") {
  run_bounded([]() -> Coroutine<void> {
    const auto diary = std::make_shared<DatagramDiary>();
    auto transport = co_await create_datagram_endpoint(diary, at("127.0.0.1"));
    CHECK_THROWS_AS(transport->sendto("x"), ValueError);
    transport->close();
    co_await until([&] { return diary->log == "made lost "; });
  });
}

TEST_CASE("the network's refusal goes to error_received, and costs no datagram but the refused") {
  run_bounded([]() -> Coroutine<void> {
    FileDescriptor peer = bare_udp();
    const Address theirs = local_address(peer.get());
    const auto diary = std::make_shared<DatagramDiary>();
    auto transport = co_await create_datagram_endpoint(diary, towards(theirs));
    {
      const FileDescriptor gone = std::move(peer);
    }
    transport->sendto("nobody is there");
    co_await until([&] { return !diary->errors.empty(); });
    CHECK(diary->errors[0] == "datagrams to " + theirs.text() + ": Connection refused");
    const FileDescriptor again = bare_udp(theirs);
    transport->sendto("now there is");
    const std::string bytes = co_await receive_datagram(again);
    CHECK(bytes == "now there is");
    CHECK(diary->errors.size() == 1);
    CHECK_FALSE(transport->is_closing());
    transport->abort();
    co_await until([&] { return diary->log == "made lost "; });
  });
}

TEST_CASE("a datagram that is too long to send is an error, and those behind it are sent") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor peer = bare_udp();
    const auto diary = std::make_shared<DatagramDiary>();
    auto transport = co_await create_datagram_endpoint(diary, towards(local_address(peer.get())));
    transport->sendto(std::string(70'000, 'x'));
    transport->sendto("short");
    const std::string bytes = co_await receive_datagram(peer);
    CHECK(bytes == "short");
    REQUIRE(diary->errors.size() == 1);
    CHECK(diary->errors[0].find("Message too long") != std::string::npos);
    transport->abort();
    // It was more than the high-water mark, too.
    co_await until([&] { return diary->log == "made pause resume lost "; });
  });
}

TEST_CASE("a protocol is paused above the high-water mark and goes on at the low one") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor peer = bare_udp();
    const auto diary = std::make_shared<DatagramDiary>();
    auto transport = co_await create_datagram_endpoint(diary, towards(local_address(peer.get())));
    transport->set_write_buffer_limits(40, 20);
    for (const char* bytes : {"0123456789", "0123456789"})
      transport->sendto(bytes);
    CHECK(transport->get_write_buffer_size() == 36);
    CHECK(diary->log == "made ");
    transport->sendto("0");
    CHECK(diary->log == "made pause ");
    co_await until([&] { return transport->get_write_buffer_size() == 0; });
    CHECK(diary->log == "made pause resume ");
    transport->close();
    co_await until([&] { return diary->log == "made pause resume lost "; });
  });
}

TEST_CASE("what a datagram protocol throws is reported, and the transport goes on") {
  class Thrower final : public DatagramDiary {
   public:
    void datagram_received(std::string_view bytes, const Address& sender) override {
      DatagramDiary::datagram_received(bytes, sender);
      if (bytes == "bad") throw std::runtime_error("cannot read this");
    }
  };
  run_bounded([]() -> Coroutine<void> {
    std::string report;
    get_running_loop().set_exception_handler([&report](Loop&, const ExceptionContext& context) {
      report = context.message + ": " + describe_exception(context.exception);
    });
    const auto thrower = std::make_shared<Thrower>();
    auto transport = co_await create_datagram_endpoint(thrower, at("127.0.0.1"));
    const Address mine = local_address(transport->descriptor());
    const FileDescriptor peer = bare_udp();
    send_to_now(peer, "bad", mine);
    send_to_now(peer, "good", mine);
    co_await until([&] { return thrower->senders.size() == 2; });
    CHECK(report == "Unhandled exception in a datagram protocol: cannot read this");
    transport->abort();
    co_await until([&] { return thrower->log == "made bad good lost "; });
  });
}

TEST_CASE("a protocol may close or abort its transport whenever it is told something") {
  class Quitter final : public DatagramDiary {
   public:
    explicit Quitter(bool at_once) : at_once_(at_once) {}
    void connection_made(DatagramTransport& transport) override {
      DatagramDiary::connection_made(transport);
      transport_ = &transport;
    }
    void datagram_received(std::string_view bytes, const Address& sender) override {
      DatagramDiary::datagram_received(bytes, sender);
      transport_->sendto("bye", sender);
      at_once_ ? transport_->abort() : transport_->close();
    }
    void pause_writing() override { transport_->abort(); }

   private:
    DatagramTransport* transport_ = nullptr;
    const bool at_once_;
  };
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor peer = bare_udp();
    const Address theirs = local_address(peer.get());
    for (const bool at_once : {true, false}) {
      const auto quitter = std::make_shared<Quitter>(at_once);
      auto transport = co_await create_datagram_endpoint(quitter, at("127.0.0.1"));
      const Address mine = local_address(transport->descriptor());
      send_to_now(peer, "one", mine);
      send_to_now(peer, "two", mine);
      co_await until([&] { return quitter->log == "made one lost "; });
      if (!at_once) {
        const std::string bye = co_await receive_datagram(peer);
        CHECK(bye == "bye");
      }
      while (receive_now(peer)) {
      }
    }
    const auto full = std::make_shared<Quitter>(true);
    auto transport = co_await create_datagram_endpoint(full, at("127.0.0.1"));
    transport->set_write_buffer_limits(0, 0);
    transport->sendto("too much", theirs);
    co_await until([&] { return full->log == "made lost "; });
  });
}

// --- endpoints

TEST_CASE("two endpoints talk to each other, over IPv4, IPv6 and Unix sockets") {
  run_bounded([]() -> Coroutine<void> {
    const std::string name = "rondo-test-" + std::to_string(::getpid());
    for (const std::string family : {"IPv4", "IPv6", "Unix"}) {
      CAPTURE(family);
      DatagramOptions mine;
      DatagramOptions yours;
      if (family == "Unix") {
        mine.local_path(std::string(1, '\0') + name + "-mine");
        yours.local_path(std::string(1, '\0') + name + "-yours");
      } else {
        mine.local_addr(family == "IPv4" ? "127.0.0.1" : "::1", 0);
        yours = mine;
      }
      std::optional<DatagramEndpoint> one;
      try {
        one = co_await open_datagram_endpoint(mine);
      } catch (const OSError& error) {
        if (family != "IPv6") throw;
        std::puts("SKIP datagrams over IPv6: this machine has none");
        continue;
      }
      const DatagramEndpoint other = co_await open_datagram_endpoint(yours);
      co_await one->send_to("ping", other.local_address());
      const Datagram ping = co_await other.receive_from();
      CHECK(ping.bytes == "ping");
      CHECK(ping.sender == one->local_address());
      CHECK_FALSE(ping.truncated);
      co_await other.send_to("pong", ping.sender);
      const Datagram pong = co_await one->receive_from();
      CHECK(pong.bytes == "pong");
      CHECK(pong.sender == other.local_address());
    }
  });
}

TEST_CASE("datagrams leave in the order of the sends, whoever waits for them") {
  run_bounded([]() -> Coroutine<void> {
    const DatagramEndpoint to = co_await open_datagram_endpoint(at("127.0.0.1"));
    const DatagramEndpoint from = co_await open_datagram_endpoint(towards(to.local_address()));
    std::vector<Task<void>> sending;
    for (int i = 0; i < 100; ++i)
      sending.push_back(create_task(from.send(std::to_string(i))));
    for (int i = 0; i < 100; ++i) {
      const Datagram datagram = co_await to.receive_from();
      CHECK(datagram.bytes == std::to_string(i));
    }
    co_await gather(sending);
  });
}

TEST_CASE(
    "a datagram longer than max_size comes cut off and says so; a protocol hears of an error") {
  run_bounded([]() -> Coroutine<void> {
    DatagramOptions options = at("127.0.0.1");
    options.max_size(4);
    const DatagramEndpoint endpoint = co_await open_datagram_endpoint(options);
    const FileDescriptor peer = bare_udp();
    for (const char* bytes : {"1234", "12345"})
      send_to_now(peer, bytes, endpoint.local_address());
    const Datagram whole = co_await endpoint.receive_from();
    CHECK(whole.bytes == "1234");
    CHECK_FALSE(whole.truncated);
    const Datagram cut = co_await endpoint.receive_from();
    CHECK(cut.bytes == "1234");
    CHECK(cut.truncated);

    const auto diary = std::make_shared<DatagramDiary>();
    auto transport = co_await create_datagram_endpoint(diary, options);
    send_to_now(peer, "12345", local_address(transport->descriptor()));
    co_await until([&] { return !diary->errors.empty(); });
    CHECK(diary->errors[0] == "a datagram from " + local_address(peer.get()).text() +
                                  " of more than 4 bytes, the endpoint's max_size, was dropped: "
                                  "Message too long");
    CHECK(diary->senders.empty());
    transport->abort();
    co_await until([&] { return diary->log == "made lost "; });
  });
}

TEST_CASE("what nobody receives is kept up to a bound; the newest are dropped, and counted") {
  run_bounded([]() -> Coroutine<void> {
    DatagramOptions options = at("127.0.0.1");
    options.queue_limit(3);
    const DatagramEndpoint endpoint = co_await open_datagram_endpoint(options);
    const FileDescriptor peer = bare_udp();
    for (int i = 0; i < 5; ++i)
      send_to_now(peer, std::to_string(i), endpoint.local_address());
    co_await until([&] { return endpoint.dropped() == 2; });
    for (int i = 0; i < 3; ++i) {
      const Datagram datagram = co_await endpoint.receive_from();
      CHECK(datagram.bytes == std::to_string(i));
    }
    send_to_now(peer, "next", endpoint.local_address());
    const Datagram next = co_await endpoint.receive_from();
    CHECK(next.bytes == "next");
    CHECK(endpoint.dropped() == 2);
  });
}

TEST_CASE("receive_from throws what the network reports, once, and goes on") {
  run_bounded([]() -> Coroutine<void> {
    FileDescriptor peer = bare_udp();
    const Address theirs = local_address(peer.get());
    const DatagramEndpoint endpoint = co_await open_datagram_endpoint(towards(theirs));
    {
      const FileDescriptor gone = std::move(peer);
    }
    co_await endpoint.send("nobody is there");
    const auto refused = co_await thrown_by<ConnectionRefusedError>(endpoint.receive_from());
    CHECK(refused);
    const FileDescriptor again = bare_udp(theirs);
    send_to_now(again, "here", endpoint.local_address());
    const Datagram here = co_await endpoint.receive_from();
    CHECK(here.bytes == "here");
  });
}

TEST_CASE("a send that the kernel refuses throws at its await") {
  run_bounded([]() -> Coroutine<void> {
    const DatagramEndpoint endpoint = co_await open_datagram_endpoint(at("127.0.0.1"));
    const std::string too_long(70'000, 'x');
    const auto error =
        co_await thrown_by<OSError>(endpoint.send_to(too_long, endpoint.local_address()));
    REQUIRE(error);
    CHECK(error->code().value() == EMSGSIZE);
    CHECK(std::string(error->what()).find(endpoint.local_address().text()) != std::string::npos);
    const auto no_address = co_await thrown_by<ValueError>(endpoint.send("to whom?"));
    CHECK(no_address);
  });
}

TEST_CASE("a closed endpoint: what has come can be received, then nothing; sends are an error") {
  run_bounded([]() -> Coroutine<void> {
    const DatagramEndpoint endpoint = co_await open_datagram_endpoint(at("127.0.0.1"));
    const Address mine = endpoint.local_address();
    const DatagramEndpoint peer = co_await open_datagram_endpoint(towards(mine));
    auto waiting = create_task(peer.next());
    co_await peer.send("x");
    co_await let_run(10);
    endpoint.close();
    CHECK(endpoint.is_closing());
    co_await endpoint.wait_closed();
    co_await endpoint.wait_closed();
    const auto datagram = co_await endpoint.next();
    CHECK(datagram.has_value());
    const auto nothing = co_await endpoint.next();
    CHECK_FALSE(nothing.has_value());
    const auto closed = co_await thrown_by<ConnectionError>(endpoint.receive_from());
    CHECK(closed);
    const auto no_send = co_await thrown_by<ConnectionError>(endpoint.send_to("x", mine));
    CHECK(no_send);

    peer.close();
    const auto ended = co_await waiting;
    CHECK_FALSE(ended.has_value());
  });
}

TEST_CASE("an endpoint is closed by async_with, and when its last handle goes") {
  run_bounded([]() -> Coroutine<void> {
    const std::size_t before = open_descriptors();
    {
      const DatagramEndpoint endpoint = co_await open_datagram_endpoint(at("127.0.0.1"));
      const DatagramEndpoint copy = endpoint;
      CHECK(open_descriptors() == before + 1);
    }
    co_await until([&] { return open_descriptors() == before; });
    const DatagramEndpoint endpoint = co_await open_datagram_endpoint(at("127.0.0.1"));
    const auto nothing = [](const DatagramEndpoint&) -> Coroutine<void> { co_return; };
    co_await async_with(endpoint, nothing);
    CHECK(open_descriptors() == before);
  });
}

TEST_CASE("addresses that do not fit together, or none at all, are an error before any socket") {
  run_bounded([]() -> Coroutine<void> {
    DatagramOptions none;
    const auto missing = co_await thrown_by<ValueError>(open_datagram_endpoint(none));
    CHECK(missing);
    DatagramOptions mixed;
    mixed.local_addr("127.0.0.1", 0).remote_addr("::1", 53);
    const auto different = co_await thrown_by<ValueError>(open_datagram_endpoint(mixed));
    CHECK(different);
    DatagramOptions any;
    any.family(AF_INET);
    const DatagramEndpoint endpoint = co_await open_datagram_endpoint(any);
    CHECK(endpoint.local_address().family() == AF_INET);

    const FileDescriptor taken = bare_udp();
    DatagramOptions same;
    same.local_addr("127.0.0.1", port_of(taken));
    const auto in_use = co_await thrown_by<OSError>(open_datagram_endpoint(same));
    REQUIRE(in_use);
    CHECK(in_use->code().value() == EADDRINUSE);
    CHECK(std::string(in_use->what()) ==
          "datagrams at " + local_address(taken.get()).text() + ": Address already in use");
    CHECK_THROWS_AS(any.max_size(0), ValueError);
    CHECK_THROWS_AS(any.queue_limit(0), ValueError);
  });
}

TEST_CASE("reuse_port lets two endpoints have one port; allow_broadcast is set and not connected") {
  run_bounded([]() -> Coroutine<void> {
    DatagramOptions first = at("127.0.0.1");
    first.reuse_port();
    const DatagramEndpoint one = co_await open_datagram_endpoint(first);
    DatagramOptions second;
    second.local_addr("127.0.0.1", one.local_address().port()).reuse_port();
    const DatagramEndpoint other = co_await open_datagram_endpoint(second);
    CHECK(one.local_address() == other.local_address());

    const FileDescriptor peer = bare_udp();
    DatagramOptions broadcast = towards(local_address(peer.get()));
    broadcast.allow_broadcast();
    const DatagramEndpoint endpoint = co_await open_datagram_endpoint(broadcast);
    int on = 0;
    socklen_t length = sizeof on;
    const int socket = std::stoi(endpoint.get_extra_info("socket"));
    ::getsockopt(socket, SOL_SOCKET, SO_BROADCAST, &on, &length);
    CHECK(on != 0);
    co_await endpoint.send("to the remote address");
    const std::string bytes = co_await receive_datagram(peer);
    CHECK(bytes == "to the remote address");
    CHECK_THROWS_AS(peer_address(socket), OSError);
  });
}

TEST_CASE("a socket left at the path of a datagram endpoint is replaced") {
  run_bounded([]() -> Coroutine<void> {
    std::string directory = std::filesystem::temp_directory_path() / "rondo-test-XXXXXX";
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    const std::string path = directory + "/socket";
    for (int i = 0; i < 2; ++i) {
      DatagramOptions options;
      options.local_path(path);
      const DatagramEndpoint endpoint = co_await open_datagram_endpoint(options);
      DatagramOptions to_it;
      to_it.remote_path(path);
      const DatagramEndpoint sender = co_await open_datagram_endpoint(to_it);
      co_await sender.send("hello");
      const Datagram datagram = co_await endpoint.receive_from();
      CHECK(datagram.bytes == "hello");
      CHECK(datagram.sender.path().empty());
    }
    std::filesystem::remove_all(directory);
  });
}

TEST_CASE("[case 165] [fault 27] receives cancelled at any moment lose no datagram" *
          doctest::test_suite("heavy")) {
  run_bounded(
      []() -> Coroutine<void> {
        const DatagramEndpoint endpoint = co_await open_datagram_endpoint(at("127.0.0.1"));
        const DatagramEndpoint sender =
            co_await open_datagram_endpoint(towards(endpoint.local_address()));
        const std::size_t before = open_descriptors();
        int cancelled = 0;
        std::vector<std::string> received;
        for (int round = 0; round < 1000; ++round) {
          auto receiving = create_task(endpoint.receive_from());
          auto sending = create_task(sender.send(std::to_string(round)));
          co_await let_run(round % 7);
          receiving.cancel();
          if (round % 3 == 0) sending.cancel();
          try {
            const Datagram datagram = co_await receiving;
            received.push_back(datagram.bytes);
          } catch (const CancelledError&) {
            ++cancelled;
          }
          try {
            co_await sending;
          } catch (const CancelledError&) {
            // A cancelled send may have been cancelled before it began.
          }
        }
        sender.close();
        co_await sender.wait_closed();
        co_await let_run(20);
        endpoint.close();
        while (auto datagram = co_await endpoint.next())
          received.push_back(datagram->bytes);
        CHECK(cancelled >= 50);
        CHECK(endpoint.dropped() == 0);
        // In order, none twice, and none is missing whose send was not cancelled.
        int last = -1;
        int missing = 0;
        bool in_order = true;
        for (const std::string& bytes : received) {
          const int number = std::stoi(bytes);
          in_order = in_order && number > last;
          for (int skipped = last + 1; skipped < number; ++skipped)
            if (skipped % 3 != 0) ++missing;
          last = number;
        }
        CHECK(in_order);
        CHECK(missing == 0);
        CHECK(last >= 998);
        CHECK(open_descriptors() == before - 2);
      },
      LoopOptions(), 60s);
}

TEST_CASE("[fault 34] run ends with endpoints and their tasks as they are") {
  const std::size_t before = open_descriptors();
  run_bounded([]() -> Coroutine<void> {
    const DatagramEndpoint endpoint = co_await open_datagram_endpoint(at("127.0.0.1"));
    create_task(endpoint.receive_from());
    const auto diary = std::make_shared<DatagramDiary>();
    auto transport = co_await create_datagram_endpoint(diary, at("127.0.0.1"));
    transport->sendto("x", endpoint.local_address());
    co_await let_run();
  });
  CHECK(open_descriptors() == before);
}

}  // namespace
