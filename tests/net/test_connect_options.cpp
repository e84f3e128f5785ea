// How open_connection connects when there are several addresses, and with what options.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <rondo/net/detail/connect.h>
#include <rondo/net/open_connection.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;
using rondo::detail::connect_to_any;

/// A listener whose backlog is full: the kernel ignores who comes then, as a dead machine does.
class BlackHole {
 public:
  explicit BlackHole(const std::string& host = "127.0.0.1") : listener_(bare_socket()) {
    const Address address(host, 0);
    if (::bind(listener_.get(), address.get(), address.length()) != 0 ||
        ::listen(listener_.get(), 0) != 0) {
      throw_os_error(errno, "listen");
    }
    address_ = local_address(listener_.get());
    for (int i = 0; i < 4; ++i) {
      clients_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(clients_.back().get(), address_.get(), address_.length());
    }
  }
  const Address& address() const noexcept { return address_; }

 private:
  FileDescriptor listener_;
  std::vector<FileDescriptor> clients_;
  Address address_;
};

ConnectOptions with_delay(std::optional<std::chrono::milliseconds> delay) {
  ConnectOptions options;
  options.happy_eyeballs_delay = delay;
  return options;
}

TEST_CASE("addresses are tried by turns of their families, beginning with the first one's") {
  const auto order = [](const std::vector<Address>& addresses) {
    std::string hosts;
    for (const Address& address : detail::interleaved(addresses))
      hosts += address.host() + " ";
    return hosts;
  };
  const Address v4a("192.0.2.1", 1);
  const Address v4b("192.0.2.2", 1);
  const Address v4c("192.0.2.3", 1);
  const Address v6a("2001:db8::1", 1);
  const Address v6b("2001:db8::2", 1);
  CHECK(order({v6a, v6b, v4a, v4b, v4c}) ==
        "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 192.0.2.3 ");
  CHECK(order({v4a, v4b, v6a}) == "192.0.2.1 2001:db8::1 192.0.2.2 ");
  CHECK(order({v6a}) == "2001:db8::1 ");
}

TEST_CASE("[fault 45] an address that does not answer is overtaken by the next after the delay") {
  run_bounded([]() -> Coroutine<void> {
    const BlackHole dead;
    const FileDescriptor listener = bare_listener();
    const Address alive = local_address(listener.get());
    const std::size_t before = open_descriptors();
    std::vector<Address> addresses{dead.address(), alive};
    const FileDescriptor socket = co_await connect_to_any(addresses, "two hosts", with_delay(1ms));
    CHECK(peer_address(socket.get()) == alive);
    CHECK(open_descriptors() == before + 1);  // nothing is left of the other attempt
  });
}

TEST_CASE("[fault 45] after a refusal the next address is tried at once, and not after the delay") {
  const auto connect = []() -> Coroutine<void> {
    const FileDescriptor nobody = closed_port();
    const FileDescriptor listener = bare_listener();
    std::vector<Address> addresses{local_address(nobody.get()), local_address(listener.get())};
    const FileDescriptor socket =
        co_await connect_to_any(addresses, "two hosts", with_delay(10min));
    CHECK(peer_address(socket.get()) == local_address(listener.get()));
  };
  run_bounded(connect);
}

TEST_CASE("without a delay the second address is tried only when the first has failed") {
  run_bounded([]() -> Coroutine<void> {
    const BlackHole dead;
    const FileDescriptor listener = bare_listener();
    std::vector<Address> addresses{dead.address(), local_address(listener.get())};
    auto connecting = connect_to_any(addresses, "two hosts", with_delay(std::nullopt));
    const auto error = co_await thrown_by<TimeoutError>(wait_for(std::move(connecting), 50ms));
    CHECK(error);
    const FileDescriptor visitor = accept_now(listener);
    CHECK_FALSE(visitor);
  });
}

TEST_CASE("[fault 45] the answer of an earlier address still counts after the next was tried" *
          doctest::test_suite("real kernel")) {
  run_bounded([]() -> Coroutine<void> {
    // The second one never answers either; the first does as soon as there is room.
    const FileDescriptor listener = bare_listener(0);
    const Address slow = local_address(listener.get());
    std::vector<FileDescriptor> clients;
    for (int i = 0; i < 2; ++i) {
      clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(clients.back().get(), slow.get(), slow.length());
    }
    const BlackHole dead;
    std::vector<Address> addresses{slow, dead.address()};
    auto connecting = create_task(connect_to_any(addresses, "two hosts", with_delay(1ms)));
    co_await sleep(5ms);
    CHECK_FALSE(connecting.done());
    // The kernel sends the request again after a second.
    std::vector<FileDescriptor> accepted;
    while (!connecting.done()) {
      while (FileDescriptor one = accept_now(listener))
        accepted.push_back(std::move(one));
      co_await sleep(5ms);
    }
    const FileDescriptor socket = co_await connecting;
    CHECK(peer_address(socket.get()) == slow);
  });
}

TEST_CASE("[case 198] [fault 45] when no address will do, the error lists each with its reason") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor first = closed_port();
    const FileDescriptor second = closed_port();
    // The one in the middle is refused, or there is no IPv6 at all.
    const Address between("::1", port_of(first));
    std::vector<Address> addresses{local_address(first.get()), between,
                                   local_address(second.get())};
    const auto error = co_await thrown_by<ConnectionRefusedError>(
        connect_to_any(addresses, "router1:22", with_delay(10min)));
    REQUIRE(error);
    const std::string text = error->what();
    CAPTURE(text);
    CHECK(text.find("no address of router1:22 would do: connect to " + addresses[0].text() +
                    ": Connection refused; connect to " + between.text() + ": ") == 0);
    CHECK(text.find("; connect to " + addresses[2].text() + ": Connection refused") !=
          std::string::npos);
  });
}

TEST_CASE("[fault 27] [fault 45] a race that is cancelled at any moment leaves no descriptor" *
          doctest::test_suite("heavy")) {
  run_bounded(
      []() -> Coroutine<void> {
        const BlackHole dead;
        const FileDescriptor nobody = closed_port();
        const FileDescriptor listener = bare_listener(4096);
        const std::size_t before = open_descriptors();
        const std::size_t tasks = all_tasks().size();
        std::size_t tasks_left = 0;
        std::vector<Address> addresses{dead.address(), local_address(nobody.get()), dead.address(),
                                       local_address(listener.get())};
        int cancelled = 0;
        int connected = 0;
        for (int round = 0; round < 1000; ++round) {
          auto connecting = create_task(connect_to_any(addresses, "four hosts", with_delay(0ms)));
          co_await let_run(round % 12);
          connecting.cancel();
          try {
            const FileDescriptor socket = co_await connecting;
            ++connected;
          } catch (const CancelledError&) {
            ++cancelled;
          }
          tasks_left = std::max(tasks_left, all_tasks().size() - tasks);
          while (const FileDescriptor peer = accept_now(listener)) {
          }
        }
        CHECK(cancelled >= 200);
        CHECK(cancelled + connected == 1000);
        CHECK(tasks_left == 0);
        CHECK(open_descriptors() == before);
      },
      LoopOptions(), 60s);
}

TEST_CASE("local_addr is where a connection comes from") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    ConnectOptions options;
    options.local_addr = Address("127.0.0.3", 0);
    auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(listener), options);
    const FileDescriptor peer = accept_now(listener);
    CHECK(peer_address(peer.get()).host() == "127.0.0.3");
    CHECK(writer.get_extra_info("sockname") == peer_address(peer.get()).text());

    options.local_addr = Address("192.0.2.1", 0);
    const auto error =
        co_await thrown_by<OSError>(open_connection("127.0.0.1", port_of(listener), options));
    REQUIRE(error);
    CHECK(error->code().value() == EADDRNOTAVAIL);
    CHECK(std::string(error->what()).find(" from 192.0.2.1:0: ") != std::string::npos);
  });
}

TEST_CASE("only addresses of the family that is wanted are tried") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    ConnectOptions options;
    options.family = AF_INET;
    std::vector<Address> addresses{Address("::1", port_of(listener)),
                                   local_address(listener.get())};
    const FileDescriptor socket = co_await connect_to_any(addresses, "localhost", options);
    CHECK(peer_address(socket.get()).family() == AF_INET);

    options.family = AF_INET6;
    const auto error =
        co_await thrown_by<OSError>(open_connection("127.0.0.1", port_of(listener), options));
    REQUIRE(error);
    CHECK(std::string(error->what()).find("127.0.0.1") != std::string::npos);
    addresses.erase(addresses.begin());
    const auto none = co_await thrown_by<OSError>(connect_to_any(addresses, "router1:22", options));
    REQUIRE(none);
    CHECK(std::string(none->what()).find("router1:22") != std::string::npos);
  });
}

TEST_CASE(
    "keep_alive and no_delay are set as the options say; small writes are sent at once else") {
  run_bounded([]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    ConnectOptions options;
    for (const bool set : {false, true}) {
      if (set) {
        options.keep_alive = KeepAlive{30s, 5s, 4};
        options.no_delay = false;
      }
      auto [reader, writer] = co_await open_connection("127.0.0.1", port_of(listener), options);
      const int socket = std::stoi(writer.get_extra_info("socket"));
      CHECK((option_of(socket, SOL_SOCKET, SO_KEEPALIVE) != 0) == set);
      CHECK((option_of(socket, IPPROTO_TCP, TCP_NODELAY) != 0) == !set);
      if (set) CHECK(option_of(socket, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
      if (set) CHECK(option_of(socket, IPPROTO_TCP, TCP_KEEPINTVL) == 5);
      if (set) CHECK(option_of(socket, IPPROTO_TCP, TCP_KEEPCNT) == 4);
    }
    options.keep_alive->idle = 0s;
    const auto error =
        co_await thrown_by<ValueError>(open_connection("127.0.0.1", port_of(listener), options));
    CHECK(error);
  });
}

}  // namespace
