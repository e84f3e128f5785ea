// Pings hosts, all at once. The hosts may come from anybody, so each is
// looked at first, and none ever gets to a shell.
//
//   ./dev run ping_hosts [HOST...]
//
// PING in the environment names another program in place of ping.

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;

// Throws unless it looks like the name or the address of a host.
void check_host(const std::string& host) {
  const std::string allowed =
      "abcdefghijklmnopqrstuvwxyz"
      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
      "0123456789.-:";
  if (host.empty() || host.size() > 253) {
    throw rondo::ValueError("a host has 1 to 253 characters");
  }
  if (host.front() == '-') {
    throw rondo::ValueError("a host does not begin with a hyphen");
  }
  const auto bad = host.find_first_not_of(allowed);
  if (bad != std::string::npos) {
    throw rondo::ValueError(
        fmt::format("{:?} does not belong into a host", host[bad]));
  }
}

rondo::Coroutine<std::string> ping(std::string program,
                                   std::string host) {
  check_host(host);
  const auto options = rondo::SubprocessOptions()
                           .stdout_(rondo::subprocess::PIPE)
                           .stderr_(rondo::subprocess::STDOUT);
  auto process = co_await rondo::create_subprocess_exec(
      program, "-c", "1", "-W", "2", host, options);
  const auto [output, errors] =
      co_await rondo::wait_for(process.communicate(), 5s);

  const int status = process.returncode().value();
  if (status == 0) co_return "answers";
  if (status == 1) co_return "does not answer";
  throw std::runtime_error(output.substr(0, output.find('\n')));
}

rondo::Coroutine<> async_main(std::vector<std::string> hosts) {
  const char* other = std::getenv("PING");
  const std::string program = other != nullptr ? other : "ping";
  std::vector<rondo::Coroutine<std::string>> pings;
  for (const std::string& host : hosts) {
    pings.push_back(ping(program, host));
  }
  const auto outcomes = co_await rondo::gather(rondo::return_exceptions,
                                               std::move(pings));
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (outcomes[i]) {
      fmt::print("{:?}: {}\n", hosts[i], outcomes[i].value());
    } else {
      fmt::print("{:?}: error: {}\n", hosts[i], outcomes[i].error());
    }
  }
}

int main(int argc, char** argv) {
  std::vector<std::string> hosts(argv + 1, argv + argc);
  if (hosts.empty()) {
    hosts = {"127.0.100.1", "127.0.100.2", "192.0.2.1",
             "r9.invalid",  "-f",          "127.0.100.1;touch /tmp/x",
             "$(id)",       "r1\n"};
  }
  rondo::run(async_main(hosts));
}
