#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <rondo/runtime/epoll.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/ring.h>
#include <rondo/runtime/simulated_kernel.h>

// How a loop is made: what the environment says, and which driver there is to be had.

namespace rondo {

namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

/// The number that a variable holds, or nothing when it is not set.
std::optional<std::uint64_t> environment_number(const char* name) {
  const std::string_view word = environment(name);
  if (word.empty()) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) {
    throw ValueError(std::string(name) + " is \"" + std::string(word) + "\"; it must be a number");
  }
  return number;
}

/// Is io_uring denied, or not there at all? Other errors, such as too little memory, are errors.
bool io_uring_is_missing(const OSError& error) {
  const int number = error.code().value();
  return number == EPERM || number == EACCES || number == ENOSYS;
}

/// Once for each process.
void say_that_epoll_is_used(const char* why) {
  static std::atomic<bool> said = false;
  if (said.exchange(true)) return;
  std::fprintf(stderr,
               "rondo: going on over epoll, which is slower: %s (RONDO_DRIVER=epoll chooses it "
               "without this line)\n",
               why);
}

}  // namespace

LoopOptions::LoopOptions() : clock(ClockKind::real) {
  const std::string_view clock_name = environment("RONDO_CLOCK");
  if (clock_name == "virtual") {
    clock = ClockKind::virtual_time;
  } else if (!clock_name.empty() && clock_name != "real") {
    throw ValueError("RONDO_CLOCK is \"" + std::string(clock_name) +
                     "\"; it can be \"real\" or \"virtual\"");
  }
  const std::string_view debug_word = environment("RONDO_DEBUG");
  debug = !debug_word.empty() && debug_word != "0";
  shuffle = environment_number("RONDO_SHUFFLE");
  const std::string_view driver_name = environment("RONDO_DRIVER");
  if (driver_name == "sim") {
    clock = ClockKind::virtual_time;
    make_driver = [seed = environment_number("RONDO_SEED").value_or(1)] {
      return std::make_unique<SimulatedKernel>(seed);
    };
  } else if (driver_name == "epoll") {
    make_driver = [] { return std::make_unique<Epoll>(); };
  } else if (driver_name == "uring") {
    make_driver = [] { return std::make_unique<Ring>(); };
  } else if (!driver_name.empty()) {
    throw ValueError("RONDO_DRIVER is \"" + std::string(driver_name) +
                     "\"; it can be \"uring\", \"epoll\" or \"sim\"");
  }
}

std::unique_ptr<Driver> Loop::make_default_driver() {
  try {
    return std::make_unique<Ring>();
  } catch (const OSError& error) {
    if (!io_uring_is_missing(error)) throw;
    say_that_epoll_is_used(error.what());
  }
  return std::make_unique<Epoll>();
}

}  // namespace rondo
