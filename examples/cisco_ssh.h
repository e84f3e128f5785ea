#pragma once

// A router that one can be connected to: the class of chapter 2.

#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <rondo/ssh.h>

#include "devices.h"
#include "read_until.h"

// The router has not taken a line of configuration; the text has the
// line and the answer.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class CiscoSsh {
 public:
  explicit CiscoSsh(Device device) : device_(std::move(device)) {}

  // Logs in, enables, turns paging off.
  rondo::Coroutine<> connect();
  // The table that a show command prints.
  rondo::Coroutine<std::string> send_show(std::string command);
  // Sends the lines in configuration mode and yields all that was to be
  // seen. Throws ConfigError at the first line that is not taken; those
  // before it are in force, those behind it were not sent.
  rondo::Coroutine<std::string> send_config(
      std::vector<std::string> lines);
  rondo::Coroutine<> close();

  // For async_with.
  rondo::Coroutine<> aenter() { return connect(); }
  rondo::Coroutine<> aexit(std::exception_ptr) { return close(); }

 private:
  rondo::Coroutine<std::string> ask(std::string line,
                                    std::string prompt);
  rondo::Coroutine<std::string> expect(std::string prompt);

  Device device_;
  std::optional<rondo::ssh::Connection> connection_;
  std::optional<rondo::StreamWriter> writer_;
  std::optional<rondo::StreamReader> reader_;
  std::string prompt_;  // "r1#"
};

inline rondo::Coroutine<> CiscoSsh::connect() {
  connection_ =
      co_await rondo::ssh::connect(device_.host, options_for(device_));
  auto [writer, reader, stderr_reader] =
      co_await connection_->open_session("Dumb",
                                         rondo::ssh::TermSize(200, 24));
  writer_ = writer;
  reader_ = reader;

  co_await expect(">");
  co_await ask("enable", "Password: ");
  const std::string greeting = co_await ask(device_.secret, "#");
  prompt_ = greeting.substr(greeting.rfind('\n') + 1);
  co_await ask("terminal length 0", prompt_);
}

// Types a line, and reads up to the prompt.
inline rondo::Coroutine<std::string> CiscoSsh::ask(std::string line,
                                                   std::string prompt) {
  writer_->write(line + "\n");
  return expect(prompt);
}

// The error of a time-out says which router it was.
inline rondo::Coroutine<std::string> CiscoSsh::expect(
    std::string prompt) {
  const std::chrono::seconds limit(10);
  try {
    const std::string output =
        co_await read_until(*reader_, prompt, limit);
    co_return output;
  } catch (const rondo::TimeoutError& error) {
    throw rondo::TimeoutError(
        fmt::format("{}: {}", name_of(device_), error.what()));
  }
}

inline rondo::Coroutine<std::string> CiscoSsh::send_show(
    std::string command) {
  std::string output = co_await ask(command, prompt_);
  std::erase(output, '\r');
  const std::size_t begin = output.find('\n') + 1;  // behind the echo
  const std::size_t end = output.size() - prompt_.size();
  co_return output.substr(begin, end - begin);
}

inline rondo::Coroutine<> CiscoSsh::close() {
  connection_->close();
  co_await connection_->wait_closed();
}

// The line of an answer that begins with "% "; empty: there is none.
inline std::string refusal_in(const std::string& answer) {
  const std::size_t begin = answer.find("\n% ");
  if (begin == std::string::npos) return "";
  const std::size_t end = answer.find('\r', begin);
  return answer.substr(begin + 1, end - begin - 1);
}

inline rondo::Coroutine<std::string> CiscoSsh::send_config(
    std::vector<std::string> lines) {
  std::string seen = co_await ask("configure terminal", ")#");
  std::string refusal;
  for (const std::string& line : lines) {
    const std::string answer = co_await ask(line, ")#");
    seen += answer;
    refusal = refusal_in(answer);
    if (!refusal.empty()) {
      refusal = fmt::format("{}: \"{}\": {}", name_of(device_), line,
                            refusal);
      break;
    }
  }
  const std::string end = co_await ask("end", prompt_);
  if (!refusal.empty()) throw ConfigError(refusal);
  co_return seen + end;
}
