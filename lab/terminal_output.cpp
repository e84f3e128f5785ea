#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <rondo/lab/terminal.h>

namespace rondo::lab {

namespace {

using namespace std::chrono_literals;

constexpr unsigned usual_page = 24;
// Sets the title, fills the clipboard, clears the screen.
constexpr std::string_view hostile_line =
    "note: \x1b]0;mine\a\x1b]52;c;bWluZQ==\a\xc2\x9b"
    "2J\n";
constexpr std::size_t lines_in_a_stream = 200;  // of endless output, with each turn

bool refused(const Match& match) {
  return match.verdict == Verdict::invalid || match.verdict == Verdict::unknown;
}

std::string with_carriage_returns(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') result += '\r';
    result += c;
  }
  return result;
}

// The word of the line that begins at or around `offset`, and how many stand before it.
std::pair<std::string_view, int> word_at(std::string_view line, std::size_t offset) {
  offset = std::min(offset, line.size());
  const std::size_t space = offset == 0 ? std::string_view::npos : line.rfind(' ', offset - 1);
  const std::size_t begin = space == std::string_view::npos ? 0 : space + 1;
  int before = 0;
  for (std::size_t i = 0; i < begin; ++i) {
    if (line[i] != ' ' && line[i + 1] == ' ') ++before;
  }
  return {line.substr(begin, line.find(' ', begin) - begin), before};
}

bool has_filter(const Match& match, FilterKind kind) {
  return std::ranges::find(match.filters, kind, &LineFilter::kind) != match.filters.end();
}

}  // namespace

void Terminal::run_line(const std::string& line) {
  Match found = match(line);
  const bool executing = vty_.mode == exec_mode || vty_.mode == privileged_mode;
  const Refusals& refusals = vty_.platform.refusals;
  switch (found.verdict) {
    case Verdict::empty:
      return prompt();
    case Verdict::ambiguous:
      return refuse(refusals.ambiguous, line, found.offset);
    case Verdict::incomplete:
      return refuse(refusals.incomplete, line, line.size());
    case Verdict::unknown:
    case Verdict::invalid: {
      const bool privileged =
          vty_.mode == exec_mode && !refusals.privileged.empty() &&
          match_line(vty_.platform.commands, vty_.platform.pipes, privileged_mode, line).verdict ==
              Verdict::matched;
      if (privileged) return refuse(refusals.privileged, line, found.offset);
      const bool unknown = found.verdict == Verdict::unknown && executing;
      return refuse(unknown ? refusals.unknown : refusals.invalid, line, found.offset);
    }
    case Verdict::matched:
      break;
  }
  const auto delay = vty_.device.description().delay;
  if (!found.command->is_show || delay.count() == 0) return run(found);
  pending_ = std::move(found);
  pause_ = delay;
  state_ = State::busy;
}

// Within an interface the device's own commands work too. When neither place knows the line, the
// one that understood more of it says what is wrong.
Match Terminal::match(const std::string& line) const {
  const Platform& platform = vty_.platform;
  Match found = match_line(platform.commands, platform.pipes, vty_.mode, line);
  if ((vty_.mode == interface_mode || vty_.mode == section_mode) && refused(found)) {
    Match outside = match_line(platform.commands, platform.pipes, configuration_mode, line);
    if (!refused(outside) || outside.offset > found.offset) found = std::move(outside);
  }
  if (found.verdict == Verdict::matched && found.command->run == nullptr) {
    return match_line(platform.commands, platform.pipes, behind_do, line,
                      found.arguments.front().offset);
  }
  return found;
}

void Terminal::run(const Match& match) {
  vty_.line = match.words;
  vty_.filters = match.filters;
  // A command of the whole device leaves the interface or section that the user is in.
  const Mode mode = vty_.mode;
  const std::string place = vty_.place;
  const bool within = mode == interface_mode || mode == section_mode;
  if (within && (match.command->modes & (mode | behind_do)) == 0) {
    vty_.mode = configuration_mode;
    vty_.place.clear();
  }
  const Reply reply = match.command->run(vty_, match.arguments);
  if (reply.invalid_at) {
    vty_.mode = mode;
    vty_.place = place;
  }
  say(reply, match);
}

void Terminal::say(const Reply& reply, const Match& match) {
  if (vty_.question || vty_.closed) {
    bytes_ += with_carriage_returns(reply.text);
    if (vty_.closed) {
      state_ = State::closed;
      return;
    }
    bytes_ += with_carriage_returns(vty_.question->text);
    state_ = State::asking;
    return;
  }
  if (reply.invalid_at) return refuse(vty_.platform.refusals.invalid, line_, *reply.invalid_at);

  std::string text = reply.text;
  for (const LineFilter& filter : match.filters) {
    auto filtered = filter_lines(filter, text);
    text = filtered ? std::move(*filtered) : "% Failed to compile regular expression\n";
    if (!filtered) break;
  }
  const bool is_show = match.command != nullptr && match.command->is_show;
  const bool is_stamped =
      is_show || (match.command != nullptr && (match.command->modes & privileged_mode) != 0);
  if (is_stamped && vty_.stamps && vty_.platform.stamp != nullptr) {
    text.insert(0, vty_.platform.stamp(vty_));
  }
  if (is_show && has(Fault::hostile_output)) text += hostile_line;
  if (is_show && break_off(text)) return;
  show(std::move(text), !has_filter(match, FilterKind::no_more));
}

void Terminal::refuse(std::string_view text, const std::string& line, std::size_t offset) {
  const auto [word, before] = word_at(line, offset);
  const std::string caret = fmt::format("{:{}}^\n", "", prompt_length_ + offset);
  show(fmt::format(fmt::runtime(text), fmt::arg("caret", caret), fmt::arg("line", line),
                   fmt::arg("word", word), fmt::arg("token", before)),
       true);
}

void Terminal::show(std::string text, bool pages) {
  output_ = with_carriage_returns(text);
  const bool paged = interactive_ && pages && page() > 0;
  show_lines(paged ? std::max(page() - 1, 1U) : output_.size());
}

// The faults that end or never end an output; false when the device has none of them.
bool Terminal::break_off(const std::string& text) {
  if (has(Fault::endless)) {
    bytes_ += with_carriage_returns(text);
    state_ = State::streaming;
    pause_ = 1ms;
    return true;
  }
  if (has(Fault::half_close)) {
    after_ = After::half_closed;
  } else if (has(Fault::cut)) {
    after_ = After::cut;
  } else if (!has(Fault::hang)) {
    return false;
  }
  bytes_ += with_carriage_returns(text.substr(0, text.size() / 2));
  state_ = State::stuck;
  return true;
}

void Terminal::stream() {
  for (std::size_t i = 0; i < lines_in_a_stream; ++i) {
    bytes_ += fmt::format("{:09}: the output of this device has no end\r\n", ++streamed_);
  }
  pause_ = 1ms;
}

// How many lines a page has; 0: there are no pages.
unsigned Terminal::page() const {
  return vty_.length == 0 && has(Fault::paging_stays) ? usual_page : vty_.length;
}

void Terminal::show_lines(std::size_t most) {
  std::size_t shown = 0;
  for (; most > 0 && shown < output_.size(); --most) {
    shown = std::min(output_.find('\n', shown), output_.size() - 1) + 1;
  }
  bytes_ += output_.substr(0, shown);
  output_.erase(0, shown);
  if (!output_.empty()) {
    bytes_ += vty_.platform.paging.more;
    state_ = State::paging;
  } else if (interactive_) {
    state_ = State::editing;
    prompt();
  } else {
    state_ = State::closed;
  }
}

void Terminal::turn_page(char typed) {
  bytes_ += vty_.platform.paging.erase;
  if (typed == ' ') return show_lines(std::max(page() - 1, 1U));
  if (typed == '\r') return show_lines(1);
  output_.clear();
  state_ = State::editing;
  prompt();
}

void Terminal::prompt() {
  const bool configuring = (vty_.mode & (exec_mode | privileged_mode | shell_mode)) == 0;
  if (std::exchange(end_configuration_, false) && configuring && vty_.platform.end != nullptr) {
    return say(vty_.platform.end(vty_, {}), {});
  }
  std::string text = prompt_of(vty_);
  prompt_length_ = text.size() - (text.rfind('\n') + 1);
  bytes_ += with_carriage_returns(text);
}

}  // namespace rondo::lab
