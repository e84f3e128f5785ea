#include <cstdlib>
#include <set>

#include <rondo/devices/errors.h>
#include <rondo/devices/platform.h>
#include <rondo/devices/textfsm/templates.h>
#include <rondo/tools/errors.h>
#include <rondo/tools/templates.h>

namespace rondo::tools {

namespace {

std::string platform_of(const devices::Options& options) {
  if (!options.textfsm_platform.empty()) return options.textfsm_platform;
  return devices::find_platform(options.platform)->textfsm_platform;
}

Sheet parsed(textfsm::CliTable& table, const std::string& platform, const std::string& command,
             const std::string& text) {
  table.parse_cmd(text, {{"Platform", platform}, {"Command", command}});
  Sheet sheet;
  sheet.title = command;
  sheet.header = table.header();
  sheet.rows = table.rows();
  return sheet;
}

/// What is wrong with the templates for a command; empty: nothing.
std::string complaint(const textfsm::Index& index, const std::string& platform,
                      const std::string& command) {
  const auto files = index.find(platform, command);
  if (files.empty()) {
    return index.path().string() + ": no template for '" + command + "' of " + platform;
  }
  try {
    for (const auto& file : files)
      textfsm::TextFSM::from_file(file);
  } catch (const textfsm::Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

std::string Templates::directory_for(const std::string& of_device) const {
  if (!directory_.empty()) return directory_;
  if (!of_device.empty()) return of_device;
  const char* const variable = std::getenv("NTC_TEMPLATES_DIR");
  if (variable != nullptr && *variable != '\0') return variable;
  return textfsm::templates().string();
}

textfsm::CliTable& Templates::table_of(const std::string& directory) {
  const auto found = tables_.find(directory);
  if (found != tables_.end()) return found->second;
  textfsm::Index index(std::filesystem::path(directory) / "index");
  return tables_.emplace(directory, textfsm::CliTable(std::move(index))).first->second;
}

void Templates::check(const std::vector<devices::InventoryDevice>& devices,
                      const std::vector<std::string>& commands) {
  std::set<std::pair<std::string, std::string>> needed;  // directory and platform
  for (const devices::InventoryDevice& device : devices)
    needed.emplace(directory_for(device.options.textfsm_templates), platform_of(device.options));
  std::set<std::string> complaints;
  for (const auto& [directory, platform] : needed) {
    try {
      const textfsm::Index& index = table_of(directory).index();
      for (const std::string& command : commands)
        complaints.insert(complaint(index, platform, command));
    } catch (const textfsm::Error& error) {
      complaints.insert(error.what());
    }
  }
  complaints.erase("");
  std::string text;
  for (const std::string& line : complaints)
    text += (text.empty() ? "" : "\n") + line;
  if (!text.empty()) throw UsageError(text);
}

Sheet Templates::parse(const devices::Options& options, const std::string& command,
                       const std::string& text) {
  return parsed(table_of(directory_for(options.textfsm_templates)), platform_of(options), command,
                text);
}

Sheet Templates::parse(const std::string& platform, const std::string& command,
                       const std::string& text) {
  std::string name = platform;
  try {
    name = devices::find_platform(platform)->textfsm_platform;
  } catch (const devices::UnsupportedPlatform&) {
    // Then it is one that the index alone knows.
  }
  return parsed(table_of(directory_for("")), name, command, text);
}

}  // namespace rondo::tools
