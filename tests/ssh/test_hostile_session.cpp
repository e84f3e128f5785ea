#include <memory>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <rondo/ssh.h>

#include "with_sshd.h"

// A network that turns bad after the login: every command ends in a typed error, in bounded time.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::options_for;
using tests::run_limited;
using tests::Sshd;
using tests::sshd_can_run;

/// What the relay does with the server's bytes; the test changes it when the login is over.
struct Weather {
  std::optional<std::size_t> cut_after;  // so many bytes are passed on, then it hangs up
  bool stalled = false;                  // no byte more is passed on
  bool dribbling = false;                // each byte is passed on alone
  std::string garbage;                   // instead of the next bytes
};

class StormyRelay {
 public:
  StormyRelay(std::uint16_t port, std::shared_ptr<Weather> weather)
      : port_(port), weather_(std::move(weather)) {}

  Coroutine<void> operator()(StreamReader reader, StreamWriter writer) const {
    return serve(port_, weather_, reader, writer);
  }

 private:
  static Coroutine<void> up(StreamReader from, StreamWriter to) {
    for (;;) {
      const std::string bytes = co_await from.read(16 * 1024);
      if (bytes.empty()) break;
      to.write(bytes);
      co_await to.drain();
    }
    to.close();
  }
  static Coroutine<void> down(std::shared_ptr<Weather> weather, StreamReader from,
                              StreamWriter to) {
    for (;;) {
      std::string bytes = co_await from.read(weather->dribbling ? 1 : 16 * 1024);
      if (bytes.empty()) break;
      if (weather->stalled) continue;
      if (!weather->garbage.empty()) bytes = weather->garbage;
      if (weather->cut_after) {
        bytes.resize(std::min(bytes.size(), *weather->cut_after));
        *weather->cut_after -= bytes.size();
      }
      to.write(bytes);
      co_await to.drain();
      if (weather->dribbling) co_await sleep(0s);
      if (weather->cut_after == std::size_t{0}) break;
    }
    to.close();
  }
  static Coroutine<void> serve(std::uint16_t port, std::shared_ptr<Weather> weather,
                               StreamReader reader, StreamWriter writer) {
    auto [server_reader, server_writer] = co_await open_connection("127.0.0.1", port);
    auto upwards = create_task(up(reader, server_writer));
    co_await down(weather, server_reader, writer);
    upwards.cancel();
    co_await gather(return_exceptions, upwards);
    server_writer.close();
  }

  std::uint16_t port_;
  std::shared_ptr<Weather> weather_;
};

/// Logs in by a relay, then changes the weather and runs a command; what became of it.
Coroutine<std::string> run_in(Options options, Weather then, std::string command) {
  auto weather = std::make_shared<Weather>();
  Server server = co_await start_server(StormyRelay(options.port, weather), "127.0.0.1", 0);
  options.port = server.sockets()[0].port();
  options.host_key_policy = HostKeyPolicy::insecure;
  std::string text;
  try {
    const Connection connection = co_await connect("127.0.0.1", options);
    *weather = then;
    const CompletedProcess done = co_await wait_for(connection.run(command), 20s);
    text = done.stdout_() + "returned " + std::to_string(done.returncode().value_or(-1));
  } catch (const ConnectionLost& error) {
    text = std::string("ConnectionLost: ") + error.what();
  } catch (const TimeoutError&) {
    text = "TimeoutError";
  }
  server.close();
  server.abort_clients();
  co_await server.wait_closed();
  co_return text;
}

}  // namespace

TEST_CASE(
    "a connection to a real server that is cut in a command is lost, and never half a result") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  int whole = 0;
  int cut = 0;
  for (std::size_t after = 1; after < 1'500; after += 41) {
    Weather weather;
    weather.cut_after = after;
    const std::string text =
        run_limited(run_in(options_for(sshd), weather, "echo some output; exit 3"));
    if (text == "some output\nreturned 3") {
      ++whole;
    } else {
      ++cut;
      CHECK_MESSAGE(text.starts_with("ConnectionLost: 127.0.0.1:"), after, ": ", text);
    }
  }
  CHECK(whole > 0);
  CHECK(cut > 10);
}

TEST_CASE("garbage after the login is a lost connection that names the server") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  for (const std::string& garbage :
       {std::string(64, '\0'), std::string(100'000, '\xff'), tests::random_bytes(5'000)}) {
    Weather weather;
    weather.garbage = garbage;
    const std::string text = run_limited(run_in(options_for(sshd), weather, "echo x"));
    CHECK_MESSAGE(text.starts_with("ConnectionLost: 127.0.0.1:"), text);
  }
}

TEST_CASE("a command on a connection that dribbles is whole") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  Weather weather;
  weather.dribbling = true;
  const std::string text =
      run_limited(run_in(options_for(sshd), weather, "seq 1 500 | tr -d '\\n' | wc -c"));
  CHECK(text == "1392\nreturned 0");
}

TEST_CASE("a command on a connection that stalls can be timed out, with nothing left") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  const std::string text = run_limited([](Options options) -> Coroutine<std::string> {
    auto weather = std::make_shared<Weather>();
    Server server = co_await start_server(StormyRelay(options.port, weather), "127.0.0.1", 0);
    options.port = server.sockets()[0].port();
    options.host_key_policy = HostKeyPolicy::insecure;
    std::string outcome = "no time-out";
    {
      const Connection connection = co_await connect("127.0.0.1", options);
      weather->stalled = true;
      try {
        co_await wait_for(connection.run("echo x"), 300ms);
      } catch (const TimeoutError&) {
        outcome = "timed out";
      }
    }
    server.close();
    server.abort_clients();
    co_await server.wait_closed();
    co_return outcome;
  }(options_for(sshd)));
  CHECK(text == "timed out");
}

}  // namespace rondo::ssh
