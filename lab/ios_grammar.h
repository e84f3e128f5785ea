// How IOS understands a line: words may be cut short as long as they stay unambiguous, and a
// refusal says which of three things is wrong and where.
//
// The commands are data. A syntax is a line of words:
//
//   show running-config          keywords, which may be cut short: `sh run`
//   ip address <address> <mask>  one word of that form; other forms are <word> and <0-512>
//   description <line>           the rest of the line as it was typed, spaces included
//
// Matching goes word by word and keeps the commands that still fit. A whole keyword beats one that
// it begins; a keyword beats a parameter. A command that takes a pipe may be followed by
// `| include X`, `| exclude X` or `| begin X`.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/lab/ios_filter.h>

namespace rondo::lab {

struct IosVty;  // the session's side of a command, see ios_commands.h

// Where a command may be typed. The values are bits, so that one command may have several.
enum IosMode : unsigned {
  exec_mode = 1,           // r1>
  privileged_mode = 2,     // r1#
  configuration_mode = 4,  // r1(config)#
  interface_mode = 8,      // r1(config-if)#
  behind_do = 16,          // after `do` in the two modes above
};

struct IosArgument {
  std::string text;
  std::size_t offset = 0;  // in the line as typed: where a caret would go
};

// What a command says in reply. Lines end with "\n"; the terminal makes "\r\n" of it.
struct IosReply {
  std::string text;
  // Set when an argument was refused after all: the offset for the caret.
  std::optional<std::size_t> invalid_at;
};

using IosHandler = IosReply (*)(IosVty&, std::span<const IosArgument>);

struct IosCommand {
  std::string_view syntax;
  unsigned modes = 0;  // IosMode bits
  IosHandler run = nullptr;
  bool is_show = false;  // takes a pipe, and as long as the router is slow
};

enum class IosVerdict {
  empty,       // nothing typed, or a comment
  matched,     // command, arguments and filter are set
  ambiguous,   // a word is short for several
  incomplete,  // more words are wanted
  invalid,     // offset says where the caret goes
  unknown,     // as invalid, when the line is one word that begins no command at all
};

struct IosMatch {
  IosVerdict verdict = IosVerdict::empty;
  std::size_t offset = 0;
  const IosCommand* command = nullptr;  // of the table, which outlives all matches
  std::vector<IosArgument> arguments;
  IosFilter filter;
};

// Matches `line` from `start` on against the commands that `mode` (one bit) has.
IosMatch match_ios_line(std::span<const IosCommand> commands, IosMode mode, std::string_view line,
                        std::size_t start = 0);

}  // namespace rondo::lab
