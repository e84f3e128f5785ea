#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <rondo/devices/printable.h>
#include <rondo/runtime/errors.h>
#include <rondo/tools/report.h>

namespace rondo::tools {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t longest_reason = 300;  // bytes
constexpr int interrupted_status = 130;

const char* title_of(Trouble trouble) {
  switch (trouble) {
    case Trouble::none:
      break;
    case Trouble::connection:
      return "no connection";
    case Trouble::login:
      return "not let in";
    case Trouble::timeout:
      return "no answer in time";
    case Trouble::privilege:
      return "privilege level not reached";
    case Trouble::command:
      return "command refused";
    case Trouble::other:
      return "other troubles";
    case Trouble::interrupted:
      return "interrupted";
  }
  return "all right";
}

/// One line of no unreasonable length, that cannot do anything to the terminal.
std::string one_line(const std::string& text) {
  std::string line;
  for (const char c : devices::printable(text)) {
    if (c == '\n')
      line += "\\n";
    else
      line += c;
  }
  if (line.size() > longest_reason) line = line.substr(0, longest_reason) + "...";
  return line;
}

ordered_json json_of(const Sheet& sheet) {
  return ordered_json::parse(textfsm::to_json(sheet.header, sheet.rows));
}

ordered_json json_of(const Outcome& outcome) {
  const devices::Options& options = outcome.device->options;
  ordered_json device;
  device["name"] = outcome.device->name;
  device["host"] = options.host;
  device["port"] = options.effective_port();
  device["platform"] = options.platform;
  device["ok"] = outcome.trouble == Trouble::none;
  device["seconds"] = outcome.seconds;
  if (outcome.trouble != Trouble::none) {
    device["trouble"] = title_of(outcome.trouble);
    device["reason"] = outcome.reason;
  }
  if (!outcome.prompt.empty()) device["prompt"] = outcome.prompt;
  ordered_json results = ordered_json::array();
  for (std::size_t i = 0; i < outcome.responses.size(); ++i) {
    const devices::Response& response = outcome.responses[i];
    ordered_json result;
    result["command"] = response.channel_input;
    result["failed"] = response.failed;
    result["seconds"] = std::chrono::duration<double>(response.elapsed_time).count();
    result["output"] = response.result;
    if (i < outcome.sheets.size()) result["rows"] = json_of(outcome.sheets[i]);
    results.push_back(std::move(result));
  }
  if (!outcome.responses.empty()) device["results"] = std::move(results);
  return device;
}

/// The sheets of all devices: for CSV in one, for people one for each command and header.
std::string sheets_of(const std::vector<const Outcome*>& outcomes, Format format) {
  struct Part {
    std::vector<std::vector<std::string>> values;
    std::vector<const Sheet*> sheets;
  };
  std::vector<std::pair<std::vector<std::string>, Part>> parts;
  for (const Outcome* const outcome : outcomes) {
    for (const Sheet& sheet : outcome->sheets) {
      std::vector<std::string> key;
      if (format == Format::table) {
        key = sheet.header;
        key.insert(key.begin(), sheet.title);
      }
      auto part = std::ranges::find(parts, key, [](const auto& entry) { return entry.first; });
      if (part == parts.end()) part = parts.insert(part, {key, Part()});
      part->second.sheets.push_back(&sheet);
      part->second.values.push_back({outcome->device->name});
      if (format == Format::csv) part->second.values.back().push_back(sheet.title);
    }
  }
  std::string text;
  for (const auto& [key, part] : parts) {
    if (format == Format::csv) {
      text += to_csv(merged({"DEVICE", "COMMAND"}, part.values, part.sheets));
    } else {
      text += (text.empty() ? "" : "\n") + key.front() + "\n\n" +
              to_table(merged({"DEVICE"}, part.values, part.sheets));
    }
  }
  return text;
}

}  // namespace

std::string text_of(const Outcome& outcome, bool raw) {
  std::string text;
  for (const devices::Response& response : outcome.responses) {
    text += fmt::format("--- {} ({}): {}\n", outcome.device->name, outcome.device->options.peer(),
                        response.channel_input);
    const std::string said = raw ? response.raw_result : devices::printable(response.result);
    if (!said.empty()) text += said + "\n";
  }
  return text;
}

std::string to_json(const std::vector<const Outcome*>& outcomes) {
  ordered_json list = ordered_json::array();
  for (const Outcome* const outcome : outcomes)
    list.push_back(json_of(*outcome));
  // With escapes for all but ASCII if a device has sent a control that JSON would leave alone.
  const std::string text = list.dump(2, ' ', false, ordered_json::error_handler_t::replace);
  if (devices::printable(text) == text) return text + "\n";
  return list.dump(2, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

std::string output_of(const std::vector<const Outcome*>& outcomes, const CommandLine& line) {
  if (line.format == Format::json) return to_json(outcomes);
  if (line.format != Format::text) return devices::printable(sheets_of(outcomes, line.format));
  std::string text;
  for (const Outcome* const outcome : outcomes)
    text += text_of(*outcome, line.raw);
  return text;
}

void print_summary(const JobResult& result) {
  std::map<Trouble, std::vector<const Outcome*>> troubles;
  for (const Outcome& outcome : result.outcomes)
    troubles[outcome.trouble].push_back(&outcome);
  const std::size_t all = result.outcomes.size();
  const std::size_t right = troubles[Trouble::none].size();
  fmt::print(stderr, "rondo: {} of {} devices all right in {:.1f} s{}\n", right, all,
             result.seconds, result.interrupted ? ", interrupted" : "");
  for (const auto& [trouble, outcomes] : troubles) {
    if (trouble == Trouble::none) continue;
    fmt::print(stderr, "{} ({}):\n", title_of(trouble), outcomes.size());
    for (const Outcome* const outcome : outcomes)
      fmt::print(stderr, "  {}: {}\n", outcome->device->name, one_line(outcome->reason));
  }
}

int exit_status(const JobResult& result) {
  if (result.interrupted) return interrupted_status;
  const bool failed = std::ranges::any_of(
      result.outcomes, [](const Outcome& outcome) { return outcome.trouble != Trouble::none; });
  return failed ? 1 : 0;
}

void print_output(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0) throw_os_error(errno, "standard output");
}

}  // namespace rondo::tools
