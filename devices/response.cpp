#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <utility>

#include <rondo/devices/errors.h>
#include <rondo/devices/response.h>
#include <rondo/devices/textfsm/cli_table.h>
#include <rondo/devices/textfsm/templates.h>

namespace rondo::devices {

namespace {

std::string line_of(std::string_view text, std::size_t position) {
  const std::size_t newline = text.rfind('\n', position);
  const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  return std::string(text.substr(begin, std::min(text.find('\n', position), text.size()) - begin));
}

/// A table by the index of a directory. Reading an index and its templates takes longer than
/// parsing with them, so they are kept.
textfsm::CliTable& table_of(const std::string& directory) {
  thread_local std::map<std::string, textfsm::CliTable> tables;
  const auto found = tables.find(directory);
  if (found != tables.end()) return found->second;
  textfsm::Index index(std::filesystem::path(directory) / "index");
  return tables.emplace(directory, textfsm::CliTable(std::move(index))).first->second;
}

std::vector<textfsm::Record> with_small_names(std::vector<textfsm::Record> records) {
  std::vector<textfsm::Record> small(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    for (auto& [name, cell] : records[i]) {
      std::string key = name;
      std::ranges::transform(key, key.begin(), [](unsigned char c) { return std::tolower(c); });
      small[i].emplace(std::move(key), std::move(cell));
    }
  }
  return small;
}

}  // namespace

Response::Response(std::string host_name, std::string peer, std::string input,
                   std::vector<std::string> failures)
    : host(std::move(host_name)),
      channel_input(std::move(input)),
      failed_when_contains(std::move(failures)),
      start_time(std::chrono::system_clock::now()),
      finish_time(start_time),
      peer_(std::move(peer)) {}

void Response::record(std::string raw, std::string text, Duration elapsed) {
  raw_result = std::move(raw);
  result = std::move(text);
  elapsed_time = elapsed;
  finish_time =
      start_time + std::chrono::duration_cast<std::chrono::system_clock::duration>(elapsed);
  const auto found = std::ranges::find_if(failed_when_contains, [this](const std::string& part) {
    return result.find(part) != std::string::npos;
  });
  failed = found != failed_when_contains.end();
  failed_by = failed ? *found : std::string();
}

std::string Response::directory_of_templates() const {
  if (!textfsm_templates.empty()) return textfsm_templates;
  const char* const variable = std::getenv("NTC_TEMPLATES_DIR");
  if (variable != nullptr && *variable != '\0') return variable;
  return textfsm::templates().string();
}

std::vector<textfsm::Record> Response::textfsm_parse_output() const {
  textfsm::CliTable& table = table_of(directory_of_templates());
  table.parse_cmd(result, {{"Platform", textfsm_platform}, {"Command", channel_input}});
  return with_small_names(table.records());
}

std::vector<textfsm::Record> Response::textfsm_parse_output(
    const std::filesystem::path& template_file) const {
  return with_small_names(textfsm::TextFSM::from_file(template_file).parse_text_to_dicts(result));
}

void Response::raise_for_status() const {
  if (!failed) return;
  if (failed_by.empty()) throw CommandFailure(peer_ + ": '" + channel_input + "' was not answered");
  const std::string line = line_of(result, result.find(failed_by));
  throw CommandFailure(peer_ + ": '" + channel_input + "' failed: " + line);
}

bool MultiResponse::failed() const noexcept {
  return std::ranges::any_of(data, &Response::failed);
}

std::string MultiResponse::result() const {
  std::string text;
  for (const Response& response : data) {
    if (!text.empty()) text += '\n';
    text += response.channel_input + "\n" + response.result;
  }
  return text;
}

void MultiResponse::raise_for_status() const {
  for (const Response& response : data)
    response.raise_for_status();
}

}  // namespace rondo::devices
