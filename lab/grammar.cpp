#include <algorithm>
#include <charconv>
#include <utility>

#include <rondo/lab/grammar.h>
#include <rondo/lab/ipv4.h>

namespace rondo::lab {

namespace {

struct Word {
  std::string_view text;
  std::size_t offset = 0;
};

// The next word at or after `from`; an empty one at the end of the line when there is none.
Word next_word(std::string_view line, std::size_t from) {
  const std::size_t begin = std::min(line.find_first_not_of(' ', from), line.size());
  const std::size_t end = std::min(line.find(' ', begin), line.size());
  return {line.substr(begin, end - begin), begin};
}

bool equal_letters(char one, char other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return lower(one) == lower(other);
}

std::size_t common_prefix(std::string_view one, std::string_view other) {
  const auto end = std::ranges::mismatch(one, other, equal_letters).in1;
  return static_cast<std::size_t>(end - one.begin());
}

bool is_parameter(std::string_view syntax_word) {
  return syntax_word.starts_with('<');
}

bool is_range(std::string_view syntax_word) {
  return syntax_word.size() > 1 && syntax_word[1] >= '0' && syntax_word[1] <= '9';
}

bool within_range(std::string_view syntax_word, std::string_view text) {
  const auto number = [](std::string_view digits) -> std::optional<unsigned> {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const std::size_t dash = syntax_word.find('-');
  const auto least = number(syntax_word.substr(1, dash - 1));
  const auto most = number(syntax_word.substr(dash + 1, syntax_word.size() - dash - 2));
  const auto value = number(text);
  return least && most && value && *least <= *value && *value <= *most;
}

bool fits_parameter(std::string_view syntax_word, std::string_view text) {
  if (syntax_word == "<address>" || syntax_word == "<mask>") return parse_ipv4(text).has_value();
  if (syntax_word == "<prefix>") return parse_interface_address(text).has_value();
  if (is_range(syntax_word)) return within_range(syntax_word, text);
  return true;
}

Word next_syntax_word(std::string_view syntax, std::size_t from) {
  const Word word = next_word(syntax, from);
  return word.text == "/" ? next_word(syntax, word.offset + 1) : word;
}

// A command that fits so far, and the part of its syntax that is not used up.
struct Fitting {
  const Command* command = nullptr;
  Word next;  // empty: nothing more is wanted

  void advance() { next = next_syntax_word(command->syntax, next.offset + next.text.size()); }
};

enum class Narrowed { fits, ambiguous, invalid };

// Keeps the candidates whose next word is meant by `word`, and says how that went.
Narrowed narrow(std::vector<Fitting>& candidates, std::string_view word) {
  std::string_view keyword;  // the only keyword that `word` can be short for, when there is one
  bool several = false;
  bool whole = false;
  for (const Fitting& candidate : candidates) {
    const std::string_view wanted = candidate.next.text;
    if (wanted.empty() || is_parameter(wanted) || whole) continue;
    if (common_prefix(word, wanted) != word.size()) continue;
    whole = word.size() == wanted.size();
    several = !whole && (several || (!keyword.empty() && keyword != wanted));
    keyword = wanted;
  }
  if (several) return Narrowed::ambiguous;
  std::erase_if(candidates, [&](const Fitting& candidate) {
    const std::string_view wanted = candidate.next.text;
    if (!keyword.empty()) return wanted != keyword;
    return !is_parameter(wanted) || !fits_parameter(wanted, word);
  });
  return candidates.empty() ? Narrowed::invalid : Narrowed::fits;
}

// IOS points at the first letter that no command of this place has there.
std::size_t first_wrong_letter(const std::vector<Fitting>& candidates, std::string_view word) {
  std::size_t furthest = 0;
  for (const Fitting& candidate : candidates) {
    if (is_parameter(candidate.next.text)) continue;
    furthest = std::max(furthest, common_prefix(word, candidate.next.text));
  }
  return std::min(furthest, word.size() - 1);
}

std::string_view without_quotes(std::string_view text) {
  const bool quoted = text.size() > 1 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// Reads what stands behind the pipe at `offset`, and the pipes behind that.
Match match_pipes(Match match, const Pipes& pipes, std::string_view line, std::size_t offset) {
  while (true) {
    const Word word = next_word(line, offset + 1);
    match.verdict = Verdict::incomplete;
    if (word.text.empty()) return match;
    LineFilter filter;
    std::size_t furthest = 0;
    for (const PipeWord& pipe : pipes.words) {
      const std::size_t common = common_prefix(word.text, pipe.word);
      furthest = std::max(furthest, common);
      if (common != word.text.size()) continue;
      filter.kind = pipe.kind;
      break;
    }
    if (filter.kind == FilterKind::none) {
      match.verdict = Verdict::invalid;
      match.offset = word.offset + std::min(furthest, word.text.size() - 1);
      return match;
    }
    const std::size_t behind = word.offset + word.text.size();
    const std::size_t next = pipes.chained ? line.find(" | ", behind) : std::string_view::npos;
    std::string_view pattern = line.substr(behind, next - behind);
    pattern.remove_prefix(std::min(pattern.find_first_not_of(' '), pattern.size()));
    if (pipes.chained) pattern = without_quotes(pattern);
    if (pattern.empty() && takes_pattern(filter.kind)) return match;
    filter.pattern = pattern;
    match.filters.push_back(std::move(filter));
    match.verdict = Verdict::matched;
    if (next == std::string_view::npos) return match;
    offset = next + 1;
  }
}

}  // namespace

Match match_line(std::span<const Command> commands, const Pipes& pipes, Mode mode,
                 std::string_view line, std::size_t start) {
  while (!line.empty() && line.back() == ' ')
    line.remove_suffix(1);
  Match match;
  Word word = next_word(line, start);
  if (word.text.empty() || word.text.front() == '!') return match;
  const Word first = word;

  std::vector<Fitting> candidates;
  for (const Command& command : commands) {
    if ((command.modes & mode) != 0)
      candidates.push_back({&command, next_syntax_word(command.syntax, 0)});
  }
  while (!word.text.empty()) {
    const auto complete = std::ranges::find_if(
        candidates, [](const Fitting& candidate) { return candidate.next.text.empty(); });
    if (complete != candidates.end() && complete->command->is_show && word.text.front() == '|') {
      match.command = complete->command;
      return match_pipes(std::move(match), pipes, line, word.offset);
    }
    const std::vector<Fitting> before = candidates;
    const Narrowed narrowed = narrow(candidates, word.text);
    if (narrowed == Narrowed::ambiguous) {
      match.verdict = Verdict::ambiguous;
      match.offset = word.offset;
      return match;
    }
    if (narrowed == Narrowed::invalid) {
      match.offset = word.offset + first_wrong_letter(before, word.text);
      const bool only_word =
          word.offset == first.offset && word.offset + word.text.size() == line.size();
      match.verdict = only_word ? Verdict::unknown : Verdict::invalid;
      return match;
    }
    const std::string_view wanted = candidates.front().next.text;
    if (wanted == "<line>") word.text = line.substr(word.offset);
    if (is_parameter(wanted)) {
      match.arguments.push_back({std::string(word.text), word.offset});
    }
    if (!match.words.empty()) match.words += ' ';
    match.words += is_parameter(wanted) ? word.text : wanted;
    for (Fitting& candidate : candidates)
      candidate.advance();
    word = next_word(line, word.offset + word.text.size());
  }
  const auto complete = std::ranges::find_if(
      candidates, [](const Fitting& candidate) { return candidate.next.text.empty(); });
  match.verdict = Verdict::incomplete;
  if (complete == candidates.end()) return match;
  match.verdict = Verdict::matched;
  match.command = complete->command;
  return match;
}

}  // namespace rondo::lab
