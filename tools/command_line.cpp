#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <rondo/tools/command_line.h>

// The one place that includes CLI11, which takes long to compile.

namespace rondo::tools {

namespace {

void add_inventory(CLI::App& app, CommandLine& line) {
  app.add_option("-i,--inventory", line.inventory, "the devices, a YAML file")
      ->required()
      ->option_text("FILE");
  app.add_option("-f,--filter", line.filters,
                 "only devices of that name, host or group, or KEY=WORD; wildcards, and commas for "
                 "alternatives; all filters must apply")
      ->option_text("EXPRESSION")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--platform", line.platform, "of devices that name none")->option_text("NAME");
  app.add_option("--limit", line.limit, "so many devices at once (default: 50)")
      ->check(CLI::Range(1, 100'000).description(""))
      ->option_text("NUMBER");
  app.add_option("--timeout", line.timeout,
                 "for each command; 0: none (default: the inventory's, or 30)")
      ->check(CLI::Range(0.0, 1e6).description(""))
      ->option_text("SECONDS");
  app.add_option("--save-log", line.save_log,
                 "append there what each device says, without passwords, to NAME.log")
      ->option_text("DIRECTORY");
}

CLI::Option* add_format(CLI::App& app, CommandLine& line, Format format, const char* name,
                        const char* description) {
  return app.add_flag_callback(name, [&line, format] { line.format = format; }, description);
}

/// At most one of them.
void exclude_each_other(const std::vector<CLI::Option*>& options) {
  for (CLI::Option* const one : options)
    for (CLI::Option* const other : options)
      if (one != other) one->excludes(other);
}

void add_formats(CLI::App& app, CommandLine& line) {
  exclude_each_other({add_format(app, line, Format::json, "--json", "as JSON"),
                      add_format(app, line, Format::table, "--table", "as tables, for people"),
                      add_format(app, line, Format::csv, "--csv", "comma-separated values")});
}

void add_lines(CLI::App& app, CommandLine& line, const char* what, const char* file) {
  app.add_option("lines", line.lines, what)->option_text("");
  app.add_option("--file", line.file, file)->option_text("FILE")->excludes("lines");
  app.add_flag("--stop-on-failed", line.stop_on_failed,
               "a device that refuses one gets no further ones");
}

/// For a command that shows what devices say.
void add_output(CLI::App& app, CommandLine& line) {
  app.add_flag("--raw", line.raw,
               "as text, every byte of the answers, prompts included; otherwise control characters "
               "are shown as \\x1b")
      ->excludes("--json");
  app.add_option("-o,--out", line.out, "write the output there, a file for each device")
      ->option_text("DIRECTORY");
}

void add_send(CLI::App& program, CommandLine& line) {
  CLI::App& app = *program.add_subcommand("send", "Send commands to devices and show the output.");
  add_inventory(app, line);
  add_lines(app, line, "the commands, each in quotes",
            "the commands, a line each; -: from standard input");
  CLI::Option* const textfsm =
      app.add_flag("--textfsm", line.textfsm, "parse the output with TextFSM templates");
  app.add_option("--templates", line.templates,
                 "templates and their index (default: $NTC_TEMPLATES_DIR, or rondo's own)")
      ->needs(textfsm)
      ->option_text("DIRECTORY");
  add_formats(app, line);
  app.get_option("--table")->needs(textfsm);
  app.get_option("--csv")->needs(textfsm);
  add_output(app, line);
  app.get_option("--raw")->excludes(textfsm);
}

void add_config(CLI::App& program, CommandLine& line) {
  CLI::App& app = *program.add_subcommand(
      "config", "Configure devices, and commit where the platform wants that.");
  add_inventory(app, line);
  add_lines(app, line, "the configuration, each line in quotes",
            "the configuration; -: from standard input");
  app.add_option("--commit-comment", line.commit_comment,
                 "for the device's history, where the platform has one")
      ->option_text("TEXT");
  add_format(app, line, Format::json, "--json", "as JSON");
  add_output(app, line);
}

void add_ping(CLI::App& program, CommandLine& line) {
  CLI::App& app = *program.add_subcommand(
      "ping", "Log in to devices, and show their prompts and how long that took.");
  add_inventory(app, line);
  add_formats(app, line);
}

void add_textfsm(CLI::App& program, CommandLine& line) {
  CLI::App& app = *program.add_subcommand(
      "textfsm", "Parse a text: by a template, or by what an index has for a command.");
  app.add_option("paths", line.paths, "[TEMPLATE] FILE; -: standard input")
      ->required()
      ->expected(1, 2)
      ->option_text("");
  CLI::Option* const platform =
      app.add_option("--platform", line.platform, "where the text comes from, instead of TEMPLATE")
          ->option_text("NAME");
  CLI::Option* const command =
      app.add_option("--command", line.parsed_command, "the command whose output it is")
          ->option_text("TEXT");
  platform->needs(command);
  command->needs(platform);
  app.add_option("--templates", line.templates,
                 "templates and their index (default: $NTC_TEMPLATES_DIR, or rondo's own)")
      ->needs(command)
      ->option_text("DIRECTORY");
  add_formats(app, line);
}

void add_others(CLI::App& program, CommandLine& line) {
  CLI::App& platforms = *program.add_subcommand("platforms", "List the platforms of devices.");
  add_formats(platforms, line);
  CLI::App& completion =
      *program.add_subcommand("completion", "Print what completes command lines in a shell.");
  completion.add_option("shell", line.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
      ->option_text("");
}

std::unique_ptr<CLI::App> make_app(CommandLine& line) {
  auto app =
      std::make_unique<CLI::App>("Many network devices at once, over SSH and telnet.", "rondo");
  app->require_subcommand(1);
  app->set_help_flag("-h,--help", "print this text");
  app->set_version_flag("--version", "rondo " RONDO_VERSION, "print the version");
  app->footer(
      "Exit status: 0 all is right; 1 a device failed; 2 nothing was sent, since the command line, "
      "the\ninventory or a template is wrong; 130 interrupted by Ctrl-C. See rondo(1).");
  add_send(*app, line);
  add_config(*app, line);
  add_ping(*app, line);
  add_textfsm(*app, line);
  add_others(*app, line);
  for (CLI::App* const command : app->get_subcommands(nullptr))
    command->footer("");
  return app;
}

}  // namespace

ParsedCommandLine parse_command_line(int argc, char** argv) {
  CommandLine line;
  const auto app = make_app(line);
  ParsedCommandLine parsed;
  try {
    app->parse(argc, argv);
    CLI::App* const command = app->get_subcommands().at(0);
    line.command = command->get_name();
    const bool wants_lines = line.command == "send" || line.command == "config";
    if (wants_lines && line.lines.empty() && line.file.empty()) {
      throw CLI::ValidationError(line.command + " needs something to send, or --file FILE");
    }
    parsed.line = std::move(line);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app->help());
  } catch (const CLI::CallForVersion& version) {
    fmt::print("{}\n", version.what());
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "rondo: {}; see rondo --help\n", error.what());
    parsed.exit_status = wrong_usage;
  }
  return parsed;
}

std::vector<CommandModel> command_models() {
  CommandLine line;
  const auto app = make_app(line);
  std::vector<CommandModel> models;
  for (CLI::App* const command : app->get_subcommands(nullptr)) {
    CommandModel model;
    model.name = command->get_name();
    model.description = command->get_description();
    for (const CLI::Option* const option : command->get_options()) {
      if (option->get_positional()) continue;
      CommandModel::Option entry;
      entry.name = "--" + option->get_lnames().at(0);
      entry.description = option->get_description();
      entry.takes_value = option->get_items_expected_max() > 0;
      const std::string what = option->get_option_text();
      entry.takes_path = what == "FILE" || what == "DIRECTORY";
      model.options.push_back(entry);
    }
    if (model.name == "completion") model.words = {"bash", "zsh", "fish"};
    models.push_back(model);
  }
  return models;
}

}  // namespace rondo::tools
