// Answers as they come, each into a file that is named by the device's
// own prompt.
//
//   ./dev run scrapli_completed_write

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "drivers.h"

struct Answer {
  Answer() = default;

  std::string prompt;  // "r1#"
  std::string text;
};

rondo::Coroutine<Answer> show(devices::NetworkDriver& device) {
  Answer answer;
  answer.prompt = co_await device.get_prompt();
  const devices::Response response =
      co_await device.send_command("show version");
  answer.text = response.result;
  co_return answer;
}

rondo::Coroutine<Answer> connect_and_show(devices::Options options) {
  const Answer answer =
      co_await rondo::async_with(devices::make_driver(options), show);
  co_return answer;
}

// "r1" of "r1#", and "core1" of "RP/0/RP0/CPU0:core1#"
std::string name_in(const std::string& prompt) {
  const std::size_t colon = prompt.rfind(':');
  const std::size_t begin = colon == std::string::npos ? 0 : colon + 1;
  return prompt.substr(begin,
                       prompt.find_first_of("#>", begin) - begin);
}

rondo::Coroutine<> async_main() {
  co_await rondo::os::makedirs("versions", rondo::os::exist_ok);
  std::vector<rondo::Coroutine<Answer>> questions;
  for (const char* const name : {"core1", "r1", "r3"}) {
    questions.push_back(connect_and_show(options_for(name)));
  }
  for (auto next : rondo::as_completed(std::move(questions))) {
    const Answer answer = co_await next;
    const std::string path =
        fmt::format("versions/{}.txt", name_in(answer.prompt));
    co_await rondo::write_atomic(path, answer.text + "\n");
    fmt::print("{} from {}\n", path, answer.prompt);
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
