// Rows are written as the answers come. After 2.5 s the time is over:
// what is in the file then?
//
//   ./dev run write_results

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;

rondo::Coroutine<std::string> ask(std::string host,
                                  std::chrono::seconds delay) {
  co_await rondo::sleep(delay);
  co_return host + ",up\n";
}

// The fastest first.
rondo::Coroutine<> write_rows(rondo::File file) {
  std::vector<rondo::Coroutine<std::string>> questions;
  questions.push_back(ask("r1", 4s));
  questions.push_back(ask("r2", 1s));
  questions.push_back(ask("r3", 2s));
  for (auto next : rondo::as_completed(std::move(questions))) {
    const std::string row = co_await next;
    co_await file.write(row);
  }
}

rondo::Coroutine<> write_plainly(std::string path) {
  co_await rondo::async_with(rondo::open_file(path, "w"), write_rows);
}

rondo::Coroutine<> write_whole(std::string path) {
  co_await rondo::async_with(rondo::AtomicFile(path), write_rows);
}

rondo::Coroutine<> report(std::string path) {
  const bool there = co_await rondo::os::exists(path);
  if (!there) {
    fmt::print("{} is not there\n", path);
    co_return;
  }
  const std::string text = co_await rondo::read_text(path);
  fmt::print("{} is there\n{}", path, text);
}

// Writes, for so long at most, and shows the file.
rondo::Coroutine<> attempt(rondo::Coroutine<> writing, std::string path,
                           std::chrono::milliseconds limit) {
  try {
    co_await rondo::wait_for(std::move(writing), limit);
    fmt::print("done: ");
  } catch (const rondo::TimeoutError&) {
    fmt::print("cut short: ");
  }
  co_await report(path);
}

rondo::Coroutine<> async_main() {
  co_await rondo::os::makedirs("results", rondo::os::exist_ok);
  const bool old = co_await rondo::os::exists("results/whole.csv");
  if (old) co_await rondo::os::remove("results/whole.csv");

  const std::string plain = "results/plain.csv";
  const std::string whole = "results/whole.csv";
  co_await attempt(write_plainly(plain), plain, 2500ms);
  co_await attempt(write_whole(whole), whole, 2500ms);
  co_await attempt(write_whole(whole), whole, 10s);
}

int main() {
  rondo::run(async_main());
}
