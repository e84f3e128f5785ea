// This file is long because it goes through one class case by case.

// start_server: its clients, its end, and what it does when things run short.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include <rondo/net/open_connection.h>
#include <rondo/net/start_server.h>
#include <rondo/runtime/future.h>
#include <rondo/runtime/task.h>

#include "bare_sockets.h"
#include "stream_handlers.h"

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;

/// Collects what the loop's exception handler is told.
std::shared_ptr<std::vector<std::string>> collect_reports() {
  auto reports = std::make_shared<std::vector<std::string>>();
  get_running_loop().set_exception_handler([reports](Loop&, const ExceptionContext& context) {
    reports->push_back(context.message + ": " + describe_exception(context.exception));
  });
  return reports;
}

TEST_CASE("a server serves its clients at the port that the kernel chose, until it is closed") {
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_server(send_back, "127.0.0.1", 0);
    CHECK(server.is_serving());
    const std::vector<Address> sockets = server.sockets();
    REQUIRE(sockets.size() == 1);
    CHECK(sockets[0].port() != 0);
    const FileDescriptor first = connect_now(sockets[0]);
    const FileDescriptor second = connect_now(sockets[0]);
    send_now(first, "one");
    send_now(second, "two");
    const std::string one = co_await receive(first, 3);
    const std::string two = co_await receive(second, 3);
    CHECK(one == "one");
    CHECK(two == "two");

    server.close();
    server.close();
    CHECK_FALSE(server.is_serving());
    CHECK(server.sockets().empty());
    send_now(first, "still");
    const std::string still = co_await receive(first, 5);
    CHECK(still == "still");
  });
}

TEST_CASE("[case 166] after close a connect is refused") {
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_server(send_back, "127.0.0.1", 0);
    const Address address = server.sockets().at(0);
    co_await let_run(3);  // the accept is in flight
    server.close();
    co_await server.wait_closed();
    const auto error =
        co_await thrown_by<ConnectionRefusedError>(open_connection("127.0.0.1", address.port()));
    CHECK(error);
  });
}

TEST_CASE("[case 197] wait_closed waits for the close and for the last client's end") {
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_server(send_back, "127.0.0.1", 0);
    auto closed = create_task(server.wait_closed());
    auto also_closed = create_task(server.wait_closed());
    FileDescriptor first = connect_now(server.sockets().at(0));
    FileDescriptor second = connect_now(server.sockets().at(0));
    for (const auto* client : {&first, &second}) {
      send_now(*client, "x");
      co_await receive(*client, 1);
    }
    server.close();
    co_await let_run(10);
    CHECK_FALSE(closed.done());
    {
      const FileDescriptor gone = std::move(first);
    }
    send_now(second, "x");
    co_await receive(second, 1);  // by now the server knows of the first one's end
    CHECK_FALSE(closed.done());
    {
      const FileDescriptor gone = std::move(second);
    }
    co_await closed;
    co_await also_closed;
    co_await server.wait_closed();
  });
}

TEST_CASE("[case 197] wait_closed of a server that is open and idle waits for close") {
  run_bounded([]() -> Coroutine<void> {
    const Server server = co_await start_server(send_back, "127.0.0.1", 0);
    auto closed = create_task(server.wait_closed());
    {
      const FileDescriptor visitor = connect_now(server.sockets().at(0));
    }
    co_await let_run(20);
    CHECK_FALSE(closed.done());
    server.close();
    co_await closed;
  });
}

/// A handler that writes more than any buffer holds, and says when it has begun.
struct Flood {
  std::shared_ptr<int> started = std::make_shared<int>(0);

  Coroutine<void> operator()(StreamReader, StreamWriter writer) const {
    return pour(std::move(writer), started);
  }
  static Coroutine<void> pour(StreamWriter writer, std::shared_ptr<int> started) {
    writer.write(std::string(32 * 1024 * 1024, 'x'));
    ++*started;
    co_await writer.drain();
  }
};

TEST_CASE("[case 197] close_clients ends idle clients; abort_clients also those that do not read") {
  run_bounded([]() -> Coroutine<void> {
    const Server idle = co_await start_server(send_back, "127.0.0.1", 0);
    const FileDescriptor client = connect_now(idle.sockets().at(0));
    send_now(client, "x");
    co_await receive(client, 1);
    idle.close();
    idle.close_clients();
    co_await idle.wait_closed();
    CHECK(has_ended(client));

    const auto reports = collect_reports();
    const Flood flood;
    const Server busy = co_await start_server(flood, "127.0.0.1", 0);
    const FileDescriptor one = connect_now(busy.sockets().at(0));
    const FileDescriptor other = connect_now(busy.sockets().at(0));
    co_await receive(one, 1);
    co_await receive(other, 1);
    CHECK(*flood.started == 2);
    busy.close();
    auto closed = create_task(busy.wait_closed());
    busy.close_clients();  // waits until all is sent, and nobody reads
    co_await let_run(20);
    CHECK_FALSE(closed.done());
    busy.abort_clients();
    co_await closed;
    // Their handlers were waiting in drain, and nobody caught what it threw.
    co_await let_run(3);
    CHECK(reports->size() == 2);
  });
}

TEST_CASE("[case 195] a handler's exception is reported and its connection closed") {
  run_bounded([]() -> Coroutine<void> {
    const auto reports = collect_reports();
    const auto fail = [](StreamReader reader, StreamWriter) -> Coroutine<void> {
      co_await reader.readline();
      throw std::runtime_error("the handler's own");
    };
    const Server server = co_await start_server(fail, "127.0.0.1", 0);
    const FileDescriptor client = connect_now(server.sockets().at(0));
    send_now(client, "go\n");
    co_await until([&client] { return has_ended(client); });
    REQUIRE(reports->size() == 1);
    CHECK(reports->at(0) == "Unhandled exception in client_connected_cb: the handler's own");

    // The server lives on.
    const FileDescriptor next = connect_now(server.sockets().at(0));
    send_now(next, "go\n");
    co_await until([&next] { return has_ended(next); });
    CHECK(reports->size() == 2);
  });
}

TEST_CASE("[case 195] a handler that throws before it is a coroutine is reported as well") {
  run_bounded([]() -> Coroutine<void> {
    const auto reports = collect_reports();
    const auto fail = [](StreamReader, StreamWriter) -> Coroutine<void> {
      throw std::runtime_error("too early");
    };
    const Server server = co_await start_server(fail, "127.0.0.1", 0);
    const FileDescriptor client = connect_now(server.sockets().at(0));
    co_await until([&client] { return has_ended(client); });
    REQUIRE(reports->size() == 1);
    CHECK(reports->at(0) == "Unhandled exception in client_connected_cb: too early");
    server.close();
    co_await server.wait_closed();
  });
}

TEST_CASE("[case 195] a cancelled handler is not reported, and its connection is closed") {
  run_bounded([]() -> Coroutine<void> {
    const auto reports = collect_reports();
    const auto handlers = std::make_shared<std::vector<AnyTask>>();
    const auto keeper = std::make_shared<std::vector<StreamWriter>>();
    const auto wait_for_ever =
        [](StreamReader reader, StreamWriter writer, std::shared_ptr<std::vector<AnyTask>> tasks,
           std::shared_ptr<std::vector<StreamWriter>> writers) -> Coroutine<void> {
      writers->push_back(writer);  // so that it is not the last handle that closes
      tasks->push_back(current_task());
      co_await reader.read();
    };
    const ClientConnected handler = [=](StreamReader reader, StreamWriter writer) {
      return wait_for_ever(std::move(reader), std::move(writer), handlers, keeper);
    };
    const Server server = co_await start_server(handler, "127.0.0.1", 0);
    const FileDescriptor client = connect_now(server.sockets().at(0));
    co_await until([&] { return !handlers->empty(); });
    handlers->at(0).cancel();
    co_await until([&client] { return has_ended(client); });
    CHECK(handlers->at(0).cancelled());
    CHECK(reports->empty());
  });
}

TEST_CASE("[case 196] a handler that returns without closing has closed") {
  run_bounded([]() -> Coroutine<void> {
    const auto greet = [](StreamReader, StreamWriter writer) -> Coroutine<void> {
      writer.write("bye");
      co_return;
    };
    const Server server = co_await start_server(greet, "127.0.0.1", 0);
    const FileDescriptor client = connect_now(server.sockets().at(0));
    const std::string all = co_await receive(client, 100);
    CHECK(all == "bye");
  });
}

TEST_CASE("a handler's captures live as long as it runs, though its server has long ended") {
  auto captured = std::make_shared<std::string>("captured");
  run_bounded([&captured]() -> Coroutine<void> {
    std::string log;
    bool server_is_gone = false;
    {
      const ClientConnected handler = [&, captured](StreamReader reader,
                                                    StreamWriter writer) -> Coroutine<void> {
        log += "connected ";
        co_await reader.read();
        writer.close();
        co_await writer.wait_closed();
        co_await until([&] { return server_is_gone; });
        log += *captured;
      };
      const Server server = co_await start_server(handler, "127.0.0.1", 0);
      {
        const FileDescriptor visitor = connect_now(server.sockets().at(0));
      }
      co_await until([&log] { return !log.empty(); });
      server.close();
      co_await server.wait_closed();
    }
    CHECK(captured.use_count() == 2);
    server_is_gone = true;
    co_await until([&log] { return log == "connected captured"; });
  });
  CHECK(captured.use_count() == 1);
}

TEST_CASE("an address in use is an error that names it, and nothing is left of the server") {
  const auto captured = std::make_shared<int>(0);
  run_bounded([&captured]() -> Coroutine<void> {
    const FileDescriptor listener = bare_listener();
    const ClientConnected handler = [captured](StreamReader reader, StreamWriter writer) {
      return leave_at_once(std::move(reader), std::move(writer));
    };
    const auto error =
        co_await thrown_by<OSError>(start_server(handler, "127.0.0.1", port_of(listener)));
    REQUIRE(error);
    CHECK(error->code().value() == EADDRINUSE);
    CHECK(std::string(error->what()).find("127.0.0.1:" + std::to_string(port_of(listener))) !=
          std::string::npos);
  });
  CHECK(captured.use_count() == 1);
}

TEST_CASE("[fault 27] a client that connects while the server closes leaves no descriptor behind" *
          doctest::test_suite("heavy")) {
  run_bounded([]() -> Coroutine<void> {
    const std::size_t before = open_descriptors();
    int served = 0;
    const ClientConnected handler = [&served](StreamReader reader, StreamWriter writer) {
      ++served;
      return leave_at_once(std::move(reader), std::move(writer));
    };
    for (int round = 0; round < 1000; ++round) {
      const Server server = co_await start_server(handler, "127.0.0.1", 0);
      const Address address = server.sockets().at(0);
      co_await let_run(round % 3);
      const FileDescriptor client = connect_now(address);
      co_await let_run(round / 3 % 3);
      server.close();
      co_await server.wait_closed();
      co_await until([&client] { return has_ended(client); });
    }
    CHECK(served > 0);
    CHECK(served < 1000);
    CHECK(open_descriptors() == before);
  });
}

/// Takes all descriptors that there are.
std::vector<FileDescriptor> take_all_descriptors() {
  std::vector<FileDescriptor> fillers;
  for (int fd; (fd = ::dup(0)) >= 0;)
    fillers.emplace_back(fd);
  CHECK(errno == EMFILE);
  return fillers;
}

TEST_CASE("[fault 42] out of descriptors the server reports it, pauses, and then serves all") {
  if (sanitizer_needs_descriptors("[fault 42]")) return;
  const DescriptorLimit limit(open_descriptors() + 20);
  run_bounded([]() -> Coroutine<void> {
    const auto reports = collect_reports();
    const auto greet = [](StreamReader, StreamWriter writer) -> Coroutine<void> {
      writer.write("served");
      co_return;
    };
    const Server server = co_await start_server(greet, "127.0.0.1", 0);
    const Address address = server.sockets().at(0);
    std::vector<FileDescriptor> clients;
    for (int i = 0; i < 3; ++i)
      clients.push_back(bare_socket());
    std::vector<FileDescriptor> fillers = take_all_descriptors();
    for (const FileDescriptor& client : clients)
      connect_now(client, address);
    co_await until([&reports] { return !reports->empty(); });
    CHECK(reports->at(0).find("out of descriptors") != std::string::npos);
    CHECK(reports->at(0).find("Too many open files") != std::string::npos);

    const std::uint64_t turns = get_running_loop().turns();
    co_await sleep(100ms);
    CHECK(get_running_loop().turns() - turns < 20);
    CHECK(reports->size() == 1);
    for (const FileDescriptor& client : clients)
      CHECK_FALSE(has_ended(client));

    fillers.clear();
    for (const FileDescriptor& client : clients) {
      const std::string answer = co_await receive(client, 100);
      CHECK(answer == "served");
    }
  });
}

TEST_CASE("[fault 42] a server that pauses for want of descriptors can be closed") {
  if (sanitizer_needs_descriptors("[fault 42]")) return;
  const DescriptorLimit limit(open_descriptors() + 20);
  run_bounded([]() -> Coroutine<void> {
    const auto reports = collect_reports();
    const Server server = co_await start_server(leave_at_once, "127.0.0.1", 0);
    const FileDescriptor client = bare_socket();
    const std::vector<FileDescriptor> fillers = take_all_descriptors();
    connect_now(client, server.sockets().at(0));
    co_await until([&reports] { return !reports->empty(); });
    server.close();
    co_await wait_for(server.wait_closed(), 500ms);
    CHECK(has_ended(client));
  });
}

TEST_CASE("[fault 34] run ends with a server, its clients and its handlers as they are") {
  const std::size_t before = open_descriptors();
  std::vector<FileDescriptor> clients;
  std::string log;
  run_bounded([&]() -> Coroutine<void> {
    const ClientConnected handler = [&log](StreamReader reader, StreamWriter) -> Coroutine<void> {
      try {
        co_await reader.read();
      } catch (const CancelledError&) {
        log += "cancelled ";
        throw;
      }
    };
    const Server quiet = co_await start_server(handler, "127.0.0.1", 0);
    const Server flooding = co_await start_server(Flood(), "127.0.0.1", 0);
    auto mine = co_await open_connection("127.0.0.1", quiet.sockets().at(0).port());
    create_task(mine.first.read());
    clients.push_back(connect_now(quiet.sockets().at(0)));
    clients.push_back(connect_now(flooding.sockets().at(0)));
    co_await receive(clients[1], 1);
    co_await until([] { return all_tasks().size() >= 5; });  // this one, mine, the three handlers
    clients.push_back(connect_now(quiet.sockets().at(0)));   // perhaps never accepted
  });
  CHECK(log.find("cancelled cancelled ") == 0);
  CHECK(has_ended(clients[0]));
  clients.clear();
  CHECK(open_descriptors() == before);
}

}  // namespace
