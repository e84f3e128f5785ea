#include <rondo/devices/platform.h>
#include <rondo/devices/printable.h>
#include <rondo/devices/textfsm/textfsm.h>
#include <rondo/tools/commands.h>
#include <rondo/tools/errors.h>
#include <rondo/tools/input.h>
#include <rondo/tools/report.h>
#include <rondo/tools/templates.h>

// The commands that talk to no device.

namespace rondo::tools {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

Sheet parsed(const CommandLine& line) {
  const std::string text = read_text(line.paths.back());
  if (!line.parsed_command.empty()) {
    Templates templates(line.templates);
    return templates.parse(line.platform, line.parsed_command, text);
  }
  const auto parser = textfsm::TextFSM::from_file(line.paths.front());
  Sheet sheet;
  sheet.header = parser.header();
  sheet.rows = parser.parse_text(text);
  return sheet;
}

}  // namespace

int parse_text(const CommandLine& line) {
  const std::size_t wanted = line.parsed_command.empty() ? 2 : 1;
  if (line.paths.size() != wanted) {
    throw UsageError(wanted == 2 ? "textfsm needs TEMPLATE FILE, or --platform, --command and FILE"
                                 : "with --command, textfsm takes one FILE and no template");
  }
  print_output(devices::printable(to_text(parsed(line), line.format)));
  return 0;
}

int platforms(const CommandLine& line) {
  Sheet sheet;
  sheet.header = {"PLATFORM", "ALSO", "TEMPLATES", "LEVELS"};
  for (const std::string& name : devices::platform_names()) {
    const devices::PlatformPtr platform = devices::find_platform(name);
    std::vector<std::string> levels;
    for (const devices::PrivilegeLevel& level : platform->privilege_levels)
      levels.push_back(level.name);
    sheet.rows.push_back(
        {name, joined(platform->names), platform->textfsm_platform, joined(levels)});
  }
  print_output(to_text(sheet, line.format));
  return 0;
}

}  // namespace rondo::tools
