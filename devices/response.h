#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/devices/textfsm/cell.h>
#include <rondo/runtime/clock.h>

// Response: what became of a command. MultiResponse: of several.

namespace rondo::devices {

class Response {
 public:
  /// The times begin now.
  Response(std::string host_name, std::string peer, std::string input,
           std::vector<std::string> failures);

  /// The command is over: notes what it said, and whether that means failure.
  void record(std::string raw, std::string text, Duration elapsed);

  /// The result as records, by the template that there is for this platform and command: in
  /// Options::textfsm_templates, a directory with an index as that of ntc-templates, or else in the
  /// one that $NTC_TEMPLATES_DIR names, or else in rondo's own. Names are in small letters, as
  /// scrapli has them. What was read of a directory is kept, for each thread. Throws
  /// textfsm::CliTableError when there is no template, and otherwise what CliTable throws.
  std::vector<textfsm::Record> textfsm_parse_output() const;
  /// By a template of one's own.
  std::vector<textfsm::Record> textfsm_parse_output(
      const std::filesystem::path& template_file) const;

  /// Throws CommandFailure when the command has failed: it says which text of
  /// `failed_when_contains` was found, and shows its line.
  void raise_for_status() const;

  std::string host;           ///< as Options has it
  std::string channel_input;  ///< the command; of an interaction all that was typed, secrets as ***
  std::string result;         ///< what it said, without echo, prompt and trailing blanks
  std::string raw_result;     ///< every byte that came after the command was sent
  bool failed = true;         ///< and as long as there is no result
  std::vector<std::string> failed_when_contains;
  std::string failed_by;  ///< the text of failed_when_contains that was found; empty: none
  std::chrono::system_clock::time_point start_time;
  std::chrono::system_clock::time_point finish_time;
  Duration elapsed_time{0};       ///< by the loop's clock
  std::string textfsm_platform;   ///< for textfsm_parse_output
  std::string textfsm_templates;  ///< the directory; empty: see textfsm_parse_output

 private:
  std::string directory_of_templates() const;

  std::string peer_;  // "host:port"
};

/// Responses in the order of their commands; after a failure with `stop_on_failed`, only those that
/// were sent.
class MultiResponse {
 public:
  explicit MultiResponse(std::string host_name = {}) : host(std::move(host_name)) {}

  /// True if any has failed.
  bool failed() const noexcept;
  /// All results, each under its command.
  std::string result() const;
  /// Throws CommandFailure for the first that has failed.
  void raise_for_status() const;

  void push_back(Response response) { data.push_back(std::move(response)); }
  std::size_t size() const noexcept { return data.size(); }
  bool empty() const noexcept { return data.empty(); }
  const Response& operator[](std::size_t index) const { return data.at(index); }
  const Response& front() const { return data.at(0); }
  const Response& back() const { return data.at(data.size() - 1); }
  auto begin() const noexcept { return data.begin(); }
  auto end() const noexcept { return data.end(); }

  std::string host;
  std::vector<Response> data;
};

}  // namespace rondo::devices
