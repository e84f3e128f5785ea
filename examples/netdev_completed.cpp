// Answers as they come, and a task for each that writes it to a file
// while the next one is awaited.
//
//   ./dev run netdev_completed

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "netdev_devices.h"

struct Answer {
  Answer() = default;

  std::string name;
  std::string text;
};

rondo::Coroutine<Answer> show(const netdev::Device& router) {
  Answer answer;
  answer.name = router.base_prompt();
  answer.text = co_await router.send_command("show ip interface brief");
  co_return answer;
}

rondo::Coroutine<Answer> ask(netdev::Parameters parameters) {
  const Answer answer =
      co_await rondo::async_with(netdev::create(parameters), show);
  co_return answer;
}

rondo::Coroutine<> write(Answer answer) {
  const std::string path = "netdev/" + answer.name + ".txt";
  co_await rondo::write_atomic(path, answer.text + "\n");
  fmt::print("{} is written\n", path);
}

rondo::Coroutine<> async_main() {
  co_await rondo::os::makedirs("netdev", rondo::os::exist_ok);
  std::vector<rondo::Coroutine<Answer>> questions;
  for (const char* const name : {"r3", "r1", "r2"}) {
    questions.push_back(ask(parameters_for(name)));
  }
  std::vector<rondo::Task<void>> writers;
  for (auto next : rondo::as_completed(std::move(questions))) {
    Answer answer = co_await next;
    fmt::print("{} has answered\n", answer.name);
    writers.push_back(rondo::create_task(write(std::move(answer))));
  }
  for (auto& writer : writers) {
    co_await writer;
  }
}

int main() {
  try {
    rondo::run(async_main());
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
