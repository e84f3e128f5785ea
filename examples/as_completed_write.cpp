// A task for each result that has come: it writes a file into the
// current directory while the slower routers are still being asked.
//
//   ./dev run as_completed_write

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <rondo/runtime.h>

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

struct Answer {
  std::string host;
  std::string output;
};

rondo::Coroutine<Answer> ask(std::string host,
                             std::chrono::seconds delay) {
  co_await rondo::sleep(delay);
  Answer answer;
  answer.host = host;
  answer.output = "output of " + host;
  co_return answer;
}

rondo::Coroutine<> write_file(std::string path, std::string text) {
  co_await rondo::sleep(1500ms);  // stands for a slow disk
  std::ofstream file(path);
  file << text << '\n';
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
  fmt::print("       {} is written\n", path);
}

rondo::Coroutine<> async_main() {
  auto& loop = rondo::get_running_loop();
  const auto start = loop.time();

  std::vector<rondo::Coroutine<Answer>> coroutines;
  coroutines.push_back(ask("r1", 3s));
  coroutines.push_back(ask("r2", 1s));
  coroutines.push_back(ask("r3", 2s));

  std::vector<rondo::Task<>> writers;
  for (auto next : rondo::as_completed(std::move(coroutines))) {
    const Answer answer = co_await next;
    const Seconds elapsed = loop.time() - start;
    fmt::print("{:.1f} s  {}\n", elapsed.count(), answer.output);
    writers.push_back(rondo::create_task(
        write_file(answer.host + ".txt", answer.output)));
  }
  co_await rondo::gather(writers);

  const Seconds elapsed = loop.time() - start;
  fmt::print("{:.1f} s  all files are written\n", elapsed.count());
}

int main() {
  rondo::run(async_main());
}
