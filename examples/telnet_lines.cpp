// Telnet by hand: a stream, a login, and the lines of an answer through
// an asynchronous generator.
//
//   ./dev run telnet_lines

#include <exception>
#include <string>

#include <fmt/format.h>

#include "drivers.h"

// Types a line when it is asked.
rondo::Coroutine<> answer(rondo::StreamReader reader,
                          rondo::TelnetWriter writer,
                          std::string question, std::string line) {
  co_await reader.readuntil(question);
  writer.write(line + "\n");
}

// The lines behind the echo, up to the prompt.
rondo::AsyncGenerator<std::string> lines_of(rondo::StreamReader reader,
                                            std::string prompt) {
  co_await reader.readline();
  const std::string text = co_await reader.readuntil(prompt);
  std::size_t begin = 0;
  std::size_t end = text.find("\r\n");
  while (end != std::string::npos) {
    co_yield text.substr(begin, end - begin);
    begin = end + 2;
    end = text.find("\r\n", begin);
  }
}

rondo::Coroutine<> async_main() {
  const devices::Options r5 = options_for("r5");
  auto [reader, writer] =
      co_await rondo::open_telnet_connection(r5.host, r5.port);
  const std::string password(r5.auth_password.reveal());
  co_await answer(reader, writer, "Username: ", r5.auth_username);
  co_await answer(reader, writer, "Password: ", password);
  co_await answer(reader, writer, "r5>", "show ip interface brief");

  int number = 0;
  auto lines = lines_of(reader, "r5>");
  while (auto line = co_await lines.next()) {
    fmt::print("{}: {}\n", ++number, *line);
  }
  writer.close();
  co_await writer.wait_closed();
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
