// asio: a C++20 coroutine with a timer of its own for each sleeper, on one thread.
//
//   sleepers-asio N [--seconds 2]

#include <chrono>
#include <cstddef>
#include <cstdint>

#include <asio.hpp>

#include "measure.h"

namespace {

// Naming the executor, instead of asio's any_io_executor, saves a tenth of the time and a third of
// the memory.
using Executor = asio::io_context::executor_type;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
constexpr asio::use_awaitable_t<Executor> use_awaitable;

asio::awaitable<void, Executor> sleeper(Run& run) {
  const std::uint64_t delay = next_delay(&run);
  const std::uint64_t deadline = now() + delay;
  Timer timer(co_await asio::this_coro::executor, std::chrono::nanoseconds(delay));
  co_await timer.async_wait(use_awaitable);
  woke(&run, deadline, now());
}

}  // namespace

int main(int argc, char** argv) {
  Run run = read_command_line("asio", argc, argv, nullptr, nullptr);
  asio::io_context context(1);  // says that one thread runs it
  begin(&run);
  for (std::size_t i = 0; i < run.n; ++i)
    asio::co_spawn(context.get_executor(), sleeper(run), asio::detached);
  context.run();
  finish(&run);
}
