// rondo-lab: virtual routers on loopback, so that every example runs with no hardware.
//
// It prints one line per router and then `ready`, and runs until SIGINT, SIGTERM or SIGHUP, or
// until its time is over. The exit status is 0 then, 1 when it could not start, and 2 when it was
// called wrongly.
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <sys/resource.h>

#include <rondo/lab/known_hosts.h>
#include <rondo/lab/router.h>
#include <rondo/lab/server.h>

namespace {

using namespace rondo::lab;

constexpr std::string_view usage =
    "usage: rondo-lab [--routers FILE] [--known-hosts FILE] [--for SECONDS]\n"
    "\n"
    "Starts virtual Cisco IOS routers on loopback, prints where each listens and then \"ready\",\n"
    "and runs until it is interrupted.\n"
    "\n"
    "  --routers FILE      the routers to start (default: the lab's own routers.yaml)\n"
    "  --known-hosts FILE  write the host keys there, for clients that check them\n"
    "  --for SECONDS       stop by itself after so long\n"
    "  --help              print this text\n";

struct Options {
  std::string routers = RONDO_LAB_ROUTERS;
  std::string known_hosts;         // empty: none is written
  std::optional<double> run_time;  // seconds; empty: until a signal
  bool help = false;
};

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

double parse_seconds(const std::string& text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  const bool whole = !text.empty() && end == text.c_str() + text.size();
  if (!whole || !std::isfinite(seconds) || seconds < 0 || seconds > 1e9) {
    throw UsageError("--for needs a number of seconds");
  }
  return seconds;
}

Options parse_options(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--help" || word == "-h") {
      options.help = true;
      return options;
    }
    if (word != "--routers" && word != "--known-hosts" && word != "--for") {
      throw UsageError(fmt::format("unknown argument '{}'; see rondo-lab --help", word));
    }
    if (i + 1 == count) throw UsageError(fmt::format("{} needs a value", word));
    const std::string value = words[++i];
    if (word == "--routers") options.routers = value;
    if (word == "--known-hosts") options.known_hosts = value;
    if (word == "--for") options.run_time = parse_seconds(value);
  }
  return options;
}

// A connection takes two descriptors, and the usual soft limit is 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Blocked before any thread exists, so that every thread inherits it and wait_for_end() alone
// gets them.
sigset_t block_ending_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void wait_for_end(const sigset_t& signals, std::optional<double> run_time) {
  using std::chrono::steady_clock;
  const auto begin = steady_clock::now();
  while (true) {
    // An hour at a time when there is no end in sight; a wait may also be cut short by a debugger.
    const std::chrono::duration<double> spent = steady_clock::now() - begin;
    const double left = run_time.value_or(spent.count() + 3600) - spent.count();
    if (left <= 0) return;
    timespec wait{};
    wait.tv_sec = static_cast<std::time_t>(left);
    wait.tv_nsec = static_cast<long>((left - std::floor(left)) * 1e9);
    if (::sigtimedwait(&signals, nullptr, &wait) > 0) return;
  }
}

int run_lab(const Options& options) {
  const sigset_t signals = block_ending_signals();
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();

  LabServer server(load_routers(options.routers));
  server.start();
  if (!options.known_hosts.empty()) write_known_hosts(options.known_hosts, server.endpoints());
  for (const LabEndpoint& endpoint : server.endpoints()) {
    fmt::print("{} {}:{}\n", endpoint.hostname, endpoint.address, endpoint.port);
  }
  fmt::print("ready\n");
  std::fflush(stdout);

  wait_for_end(signals, options.run_time);
  server.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = parse_options(argc, argv);
    if (!options.help) return run_lab(options);
    fmt::print("{}", usage);
    return 0;
  } catch (const UsageError& error) {
    fmt::print(stderr, "rondo-lab: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "rondo-lab: {}\n", error.what());
    return 1;
  }
}
