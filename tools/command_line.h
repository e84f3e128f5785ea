#pragma once

#include <optional>
#include <string>
#include <vector>

// The command line of `rondo`: what it may be, and what it was.

namespace rondo::tools {

constexpr int wrong_usage = 2;  // exit status

enum class Format { text, table, csv, json };

/// All that may be said; what a command does not have keeps its default.
class CommandLine {
 public:
  CommandLine() = default;

  std::string command;  // "send", "config", "ping", "textfsm", "platforms", "completion"

  std::string inventory;             // path
  std::vector<std::string> filters;  // see devices::Inventory::filter
  std::string platform;              // send, config, ping: of devices that name none
  int limit = 50;                    // so many devices at once
  std::optional<double> timeout;     // seconds for each command; empty: the inventory's
  std::string save_log;              // a directory; empty: no logs

  std::vector<std::string> lines;  // commands or configuration, from the command line
  std::string file;                // or from here; "-": standard input
  bool stop_on_failed = false;
  std::string commit_comment;
  Format format = Format::text;
  bool raw = false;
  std::string out;  // a directory; empty: to standard output
  bool textfsm = false;
  std::string templates;  // a directory; empty: see tools/templates.h

  std::vector<std::string> paths;  // of `textfsm`: [TEMPLATE] FILE
  std::string parsed_command;      // of `textfsm`: the command whose output it is
  std::string shell;               // of `completion`
};

/// A command of the program, and what may stand behind it: for the shells.
class CommandModel {
 public:
  class Option {
   public:
    std::string name;  // "--limit"
    std::string description;
    bool takes_value = false;
    bool takes_path = false;
  };

  CommandModel() = default;

  std::string name;
  std::string description;
  std::vector<Option> options;
  std::vector<std::string> words;  // that may be its argument; empty: a path, or anything
};

std::vector<CommandModel> command_models();

class ParsedCommandLine {
 public:
  std::optional<CommandLine> line;  // empty: all is done, --help was printed, or an error
  int exit_status = 0;              // then
};

ParsedCommandLine parse_command_line(int argc, char** argv);

}  // namespace rondo::tools
