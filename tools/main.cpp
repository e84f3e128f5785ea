// rondo: many network devices at once, from the command line. See rondo.1.
#include <cstdio>
#include <map>
#include <string>

#include <fmt/format.h>

#include <rondo/runtime/keyboard_interrupt.h>
#include <rondo/tools/commands.h>

namespace {

using namespace rondo::tools;

constexpr int interrupted = 130;

int run_command(const CommandLine& line) {
  static const std::map<std::string, int (*)(const CommandLine&)> commands = {
      {"send", send},          {"config", config},       {"ping", ping},
      {"textfsm", parse_text}, {"platforms", platforms}, {"completion", completion}};
  return commands.at(line.command)(line);
}

void print_error(const std::string& text) {
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    fmt::print(stderr, "rondo: {}\n", text.substr(begin, end - begin));
    begin = end + 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const ParsedCommandLine parsed = parse_command_line(argc, argv);
  if (!parsed.line) return parsed.exit_status;
  try {
    return run_command(*parsed.line);
  } catch (const rondo::KeyboardInterrupt&) {
    return interrupted;
  } catch (const std::exception& error) {
    print_error(error.what());
    return wrong_usage;
  }
}
