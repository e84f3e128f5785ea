// How a device understands a line: words may be cut short as long as they stay unambiguous, and a
// refusal says which of three things is wrong and where.
//
// The commands are data. A syntax is a line of words:
//
//   show running-config          keywords, which may be cut short: `sh run`
//   ip address <address> <mask>  one word of that form; other forms are <word>, <0-512> and
//                                <prefix>, which is 10.0.0.1/24
//   description <line>           the rest of the line as it was typed, spaces included
//
// Matching goes word by word and keeps the commands that still fit. A whole keyword beats one that
// it begins; a keyword beats a parameter. A "/" in a syntax is nothing to be typed: Junos's
// configuration has levels there. A command that takes a pipe may be followed by `| include X` and
// whatever other pipes the platform has.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/lab/line_filter.h>

namespace rondo::lab {

struct Vty;  // the session's side of a command, see vty.h

// Where a command may be typed. The values are bits, so that one command may have several.
using Mode = unsigned;
enum : Mode {
  exec_mode = 1,           // r1>
  privileged_mode = 2,     // r1#
  configuration_mode = 4,  // r1(config)#
  interface_mode = 8,      // r1(config-if)#
  behind_do = 16,          // after `do` in the modes of configuration
  section_mode = 32,       // r1(config-router)# and the like
  shell_mode = 64,         // Junos: its shell
};

// A pipe that a platform has.
struct PipeWord {
  std::string_view word;
  FilterKind kind = FilterKind::none;
};
struct Pipes {
  std::span<const PipeWord> words;
  bool chained = false;  // `| include x | count`; otherwise a pattern goes on to the line's end
};

struct Argument {
  std::string text;
  std::size_t offset = 0;  // in the line as typed: where a caret would go
};

// What a command says in reply. Lines end with "\n"; the terminal makes "\r\n" of it.
struct Reply {
  std::string text;
  // Set when an argument was refused after all: the offset for the caret.
  std::optional<std::size_t> invalid_at;
};

using Handler = Reply (*)(Vty&, std::span<const Argument>);

struct Command {
  std::string_view syntax;
  Mode modes = 0;
  Handler run = nullptr;
  bool is_show = false;  // takes a pipe, and as long as the device is slow
};

enum class Verdict {
  empty,       // nothing typed, or a comment
  matched,     // command, arguments, words and filters are set
  ambiguous,   // a word is short for several
  incomplete,  // more words are wanted
  invalid,     // offset says where the caret goes
  unknown,     // as invalid, when the line is one word that begins no command at all
};

struct Match {
  Verdict verdict = Verdict::empty;
  std::size_t offset = 0;
  const Command* command = nullptr;  // of the table, which outlives all matches
  std::vector<Argument> arguments;
  std::string words;  // as typed, but keywords in full and one blank between words
  std::vector<LineFilter> filters;
};

// Matches `line` from `start` on against the commands that `mode` (one bit) has.
Match match_line(std::span<const Command> commands, const Pipes& pipes, Mode mode,
                 std::string_view line, std::size_t start = 0);

}  // namespace rondo::lab
