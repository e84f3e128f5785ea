#include <filesystem>
#include <future>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/runtime.h>
#include <rondo/ssh/detail/turn_budget.h>

#include "with_sshd.h"

// What a login computes does not hold up the loop.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using detail::TurnBudget;
using tests::options_for;
using tests::run_limited;
using tests::Sshd;

std::ptrdiff_t count_threads() {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return std::distance(begin(threads), end(threads));
}

Coroutine<void> log_in_and_out(Options options) {
  const Connection connection = co_await connect("127.0.0.1", options);
  connection.close();
  co_await connection.wait_closed();
}

}  // namespace

TEST_CASE("sessions that want to compute go on one after the other, one in each turn") {
  std::vector<std::pair<int, std::uint64_t>> steps;
  run([&]() -> Coroutine<void> {
    const auto budget = TurnBudget::of(get_running_loop());
    CHECK(TurnBudget::of(get_running_loop()) == budget);
    const auto compute = [](TurnBudget& shared, auto& made, int number) -> Coroutine<void> {
      for (int i = 0; i < 3; ++i) {
        co_await shared.key_exchange();
        made.emplace_back(number, get_running_loop().turns());
        co_await sleep(0s);
      }
    };
    std::vector<Task<void>> tasks;
    for (int number = 0; number < 20; ++number)
      tasks.push_back(create_task(compute(*budget, steps, number)));
    tasks[7].cancel();  // its turn goes to the next one
    co_await gather(return_exceptions, tasks);
  }());
  REQUIRE(steps.size() == 19 * 3);
  for (std::size_t i = 1; i < steps.size(); ++i) {
    CHECK(steps[i].second > steps[i - 1].second);
    CHECK(steps[i].second <= steps[i - 1].second + 2);
  }
  for (std::size_t i = 1; i < 19; ++i)
    CHECK(steps[i].first == steps[i - 1].first + (steps[i].first == 8 ? 2 : 1));
}

TEST_CASE("while a long call runs the loop goes on") {
  const int result = run([]() -> Coroutine<int> {
    const auto budget = TurnBudget::of(get_running_loop());
    std::promise<int> said;
    const auto call = [answer = std::make_shared<std::future<int>>(said.get_future())] {
      return answer->get();
    };
    const Future<int> called = budget->elsewhere(call);
    co_await sleep(0s);
    said.set_value(7);
    co_return co_await called;
  }());
  CHECK(result == 7);
}

TEST_CASE("exchanges with primes are computed on another thread, those with curves are not") {
  if (!tests::sshd_can_run()) return;
  const Sshd sshd({"KexAlgorithms +diffie-hellman-group-exchange-sha256"});
  for (const std::string kex :
       {"curve25519-sha256", "ecdh-sha2-nistp521", "diffie-hellman-group14-sha256",
        "diffie-hellman-group16-sha512", "diffie-hellman-group-exchange-sha256"}) {
    Options options = options_for(sshd);
    options.kex_algs = kex;
    const std::ptrdiff_t before = count_threads();
    run_limited([](Options with, std::ptrdiff_t threads) -> Coroutine<void> {
      const Connection connection = co_await connect("127.0.0.1", with);
      CHECK(connection.algorithms().kex == with.kex_algs);
      CHECK((count_threads() > threads) == with.kex_algs.starts_with("diffie-hellman"));
      const CompletedProcess done = co_await connection.run("echo on");
      CHECK(done.stdout_() == "on\n");
    }(options, before));
    CHECK(count_threads() == before);
  }
}

TEST_CASE("a login that computes on another thread can be cancelled and timed out anywhere") {
  if (!tests::sshd_can_run()) return;
  const Sshd sshd;
  Options options = options_for(sshd);
  options.kex_algs = "diffie-hellman-group14-sha256";
  int cancelled = 0;
  for (int moment = 0; moment < 30; ++moment) {
    options.login_timeout = moment % 2 == 0 ? 60s : Duration(moment * 700us);
    cancelled += run_limited([](Options with, int wait) -> Coroutine<int> {
      auto task = create_task(log_in_and_out(with));
      for (int i = 0; i < wait; ++i)
        co_await sleep(1ms);
      if (wait % 2 == 0) task.cancel();
      co_await gather(return_exceptions, task);
      co_return task.cancelled() || task.exception() ? 1 : 0;
    }(options, moment));
  }
  CHECK(cancelled > 5);
}

TEST_CASE("many logins at once that compute on other threads all succeed") {
  if (!tests::sshd_can_run()) return;
  const Sshd sshd({"MaxStartups 100"});
  Options options = options_for(sshd);
  options.kex_algs = "diffie-hellman-group14-sha256";
  run_limited([](Options with) -> Coroutine<void> {
    std::vector<Coroutine<void>> logins;
    for (int i = 0; i < 20; ++i)
      logins.push_back(log_in_and_out(with));
    co_await gather(std::move(logins));
  }(options));
}

}  // namespace rondo::ssh
