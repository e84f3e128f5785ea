#pragma once

// What most programs of chapter 2 do with a router: log in, enable, ask
// for a table.

#include <cstddef>
#include <string>

#include <rondo/ssh.h>

#include "devices.h"

namespace ssh = rondo::ssh;

// All that the router sends for the command: its echo, the table, and
// the next prompt.
inline rondo::Coroutine<std::string> send_show(Device device,
                                               std::string command) {
  ssh::Connection connection =
      co_await ssh::connect(device.host, options_for(device));
  auto [writer, reader, stderr_reader] =
      co_await connection.open_session("Dumb", ssh::TermSize(200, 24));

  co_await reader.readuntil(">");
  writer.write("enable\n");
  co_await reader.readuntil("Password: ");
  writer.write(device.secret + "\n");
  co_await reader.readuntil("#");
  writer.write("terminal length 0\n");
  co_await reader.readuntil("#");

  writer.write(command + "\n");
  const std::string output = co_await reader.readuntil("#");

  connection.close();
  co_await connection.wait_closed();
  co_return output;
}

// The same without the echo of the command before it, the prompt behind
// it and the terminal's carriage returns.
inline std::string table_in(std::string output) {
  std::erase(output, '\r');
  const std::size_t begin = output.find('\n') + 1;
  const std::size_t end = output.rfind('\n') + 1;
  return begin < end ? output.substr(begin, end - begin) : output;
}
