// The lines of ping, each when it is printed.
//
//   ./dev run ping_iterator [HOST]
//
// PING in the environment names another program in place of ping.

#include <chrono>
#include <cstdlib>
#include <exception>
#include <string>

#include <fmt/format.h>

#include <rondo/runtime.h>

// Ends with ping; one that is dropped in between leaves no process.
rondo::AsyncGenerator<std::string> ping(std::string program,
                                        std::string host) {
  const auto options =
      rondo::SubprocessOptions().stdout_(rondo::subprocess::PIPE);
  auto process = co_await rondo::create_subprocess_exec(
      program, "-c", "3", host, options);
  rondo::StreamReader reader = process.stdout_();
  while (true) {
    std::string line = co_await reader.readline();
    if (line.empty()) break;
    line.pop_back();
    co_yield line;
  }
  co_await process.wait();
}

rondo::Coroutine<> async_main(std::string host) {
  const char* other = std::getenv("PING");
  const std::string program = other != nullptr ? other : "ping";
  auto lines = ping(program, host);
  while (auto line = co_await lines.next()) {
    fmt::print("{}\n", *line);
  }
}

int main(int argc, char** argv) {
  try {
    rondo::run(async_main(argc > 1 ? argv[1] : "127.0.100.1"));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
