// A long text comes page by page: readuntil waits for "--More--" or for
// the prompt, whichever is first.
//
//   ./dev run read_pages

#include <exception>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "devices.h"

namespace ssh = rondo::ssh;

constexpr std::string_view more = "--More--";

// All that comes up to the prompt, with a press of the space bar for
// each further page.
rondo::Coroutine<std::string> read_pages(rondo::StreamReader reader,
                                         rondo::StreamWriter writer,
                                         std::string prompt) {
  std::string output;
  int pages = 0;
  for (;;) {
    std::string page =
        co_await reader.readuntil(prompt, std::string(more));
    // The router wipes out its last "--More--" by backspaces.
    page.erase(0, page.rfind('\b') + 1);
    ++pages;
    if (!page.ends_with(more)) {
      fmt::print("{} pages\n", pages);
      co_return output + page;
    }
    output += page.substr(0, page.size() - more.size() - 1);
    writer.write(" ");
  }
}

rondo::Coroutine<> async_main() {
  const Device device = load_devices("devices.yaml").front();
  ssh::Connection connection =
      co_await ssh::connect(device.host, options_for(device));
  auto [writer, reader, stderr_reader] =
      co_await connection.open_session("Dumb", ssh::TermSize(80, 5));

  const std::string greeting = co_await reader.readuntil(">");
  const std::string prompt = greeting.substr(greeting.rfind('\n') + 1);
  writer.write("show ip interface brief\n");
  const std::string output =
      co_await read_pages(reader, writer, prompt);
  fmt::print("{}\n", output);

  connection.close();
  co_await connection.wait_closed();
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
