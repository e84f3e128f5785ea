#include <algorithm>

#include <fmt/format.h>

#include <rondo/tools/commands.h>
#include <rondo/tools/report.h>

// What completes command lines: made of the same description as the command line itself.

namespace rondo::tools {

namespace {

std::string names_of(const std::vector<CommandModel>& models) {
  std::string names;
  for (const CommandModel& model : models)
    names += (names.empty() ? "" : " ") + model.name;
  return names;
}

/// Options, and words that may be an argument.
std::string words_of(const CommandModel& model) {
  std::string words;
  for (const CommandModel::Option& option : model.options)
    words += (words.empty() ? "" : " ") + option.name;
  for (const std::string& word : model.words)
    words += " " + word;
  return words;
}

std::string for_bash(const std::vector<CommandModel>& models) {
  std::string text =
      "# Completion of rondo in bash: eval \"$(rondo completion bash)\"\n"
      "_rondo() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words\n"
      "  if ((COMP_CWORD == 1)); then\n";
  text += fmt::format("    words='{} --help --version'\n", names_of(models));
  text += "  else\n    case ${COMP_WORDS[1]} in\n";
  for (const CommandModel& model : models)
    text += fmt::format("      {}) words='{}' ;;\n", model.name, words_of(model));
  text +=
      "    esac\n"
      "  fi\n"
      "  case $before in\n"
      "    --platform) words=$(rondo platforms --csv 2>/dev/null | sed '1d;s/,.*//') ;;\n"
      "    -i|-o|--inventory|--file|--templates|--out|--save-log) words='' ;;\n"
      "  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      "  if ((${#COMPREPLY[@]} == 0)); then mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); fi\n"
      "}\n"
      "complete -o filenames -F _rondo rondo\n";
  return text;
}

/// Inside of '...[...]' of zsh's _arguments.
std::string escaped_for_zsh(std::string text) {
  for (const char special : {'\\', '[', ']', ':'}) {
    for (std::size_t at = text.find(special); at != std::string::npos;
         at = text.find(special, at + 2))
      text.insert(at, 1, '\\');
  }
  for (std::size_t at = text.find('\''); at != std::string::npos; at = text.find('\'', at + 4))
    text.replace(at, 1, "'\\''");
  return text;
}

std::string for_zsh(const std::vector<CommandModel>& models) {
  std::string text =
      "#compdef rondo\n"
      "# Completion of rondo in zsh: rondo completion zsh > a directory of $fpath/_rondo\n"
      "_rondo() {\n"
      "  if ((CURRENT == 2)); then\n"
      "    local -a commands=(\n";
  for (const CommandModel& model : models)
    text += fmt::format("      '{}:{}'\n", model.name, escaped_for_zsh(model.description));
  text +=
      "    )\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  ((CURRENT--))\n"
      "  case $command in\n";
  for (const CommandModel& model : models) {
    text += fmt::format("    {}) _arguments", model.name);
    for (const CommandModel::Option& option : model.options) {
      const char* const value = option.takes_path ? ":path:_files" : ":value:";
      text += fmt::format(" \\\n      '*{}[{}]{}'", option.name,
                          escaped_for_zsh(option.description), option.takes_value ? value : "");
    }
    std::string words;
    for (const std::string& word : model.words)
      words += " " + word;
    text += words.empty() ? " \\\n      '*:argument:_files' ;;\n"
                          : fmt::format(" \\\n      '1:argument:({})' ;;\n", words.substr(1));
  }
  text += "  esac\n}\ncompdef _rondo rondo\n";
  return text;
}

std::string escaped_for_fish(std::string text) {
  for (const char special : {'\\', '\''}) {
    for (std::size_t at = text.find(special); at != std::string::npos;
         at = text.find(special, at + 2))
      text.insert(at, 1, '\\');
  }
  return text;
}

std::string for_fish(const std::vector<CommandModel>& models) {
  std::string text = "# Completion of rondo in fish: rondo completion fish | source\n";
  for (const CommandModel& model : models) {
    text += fmt::format("complete -c rondo -n __fish_use_subcommand -f -a {} -d '{}'\n", model.name,
                        escaped_for_fish(model.description));
    const std::string here =
        fmt::format("complete -c rondo -n '__fish_seen_subcommand_from {}'", model.name);
    for (const CommandModel::Option& option : model.options) {
      text += fmt::format("{} -l {} {}-d '{}'\n", here, option.name.substr(2),
                          option.takes_value ? (option.takes_path ? "-r " : "-x ") : "",
                          escaped_for_fish(option.description));
    }
    for (const std::string& word : model.words)
      text += fmt::format("{} -f -a {}\n", here, word);
  }
  return text;
}

}  // namespace

int completion(const CommandLine& line) {
  const std::vector<CommandModel> models = command_models();
  if (line.shell == "bash") print_output(for_bash(models));
  if (line.shell == "zsh") print_output(for_zsh(models));
  if (line.shell == "fish") print_output(for_fish(models));
  return 0;
}

}  // namespace rondo::tools
