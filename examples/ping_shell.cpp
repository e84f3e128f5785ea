// What a shell makes of a host that is none. Here `echo` stands for
// ping, so that one sees what ping would have been given.
//
//   ./dev run ping_shell

#include <string>

#include <fmt/format.h>

#include <rondo/runtime.h>

rondo::Coroutine<> report(rondo::Process process) {
  const auto [output, errors] = co_await process.communicate();
  fmt::print("  it says: {}", output);
  const bool there = co_await rondo::os::exists("pwned.txt");
  fmt::print("  pwned.txt is there: {}\n", there);
  if (there) co_await rondo::os::remove("pwned.txt");
}

rondo::Coroutine<> async_main() {
  const std::string host = "192.0.2.1;touch pwned.txt";
  const auto options =
      rondo::SubprocessOptions().stdout_(rondo::subprocess::PIPE);

  fmt::print("as a line for the shell\n");  // BAD
  auto shell = co_await rondo::create_subprocess_shell(
      "echo ping -c 1 " + host, options);
  co_await report(shell);

  fmt::print("as arguments of a program\n");  // GOOD
  auto program = co_await rondo::create_subprocess_exec(
      "echo", "ping", "-c", "1", host, options);
  co_await report(program);
}

int main() {
  rondo::run(async_main());
}
