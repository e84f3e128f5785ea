#include <algorithm>
#include <cctype>
#include <exception>
#include <utility>

#include <rondo/devices/detail/terminal.h>
#include <rondo/devices/errors.h>
#include <rondo/devices/printable.h>
#include <rondo/runtime/wait_for.h>

namespace rondo::devices::detail {

namespace {

// After so long without a byte, what was not quite a prompt is looked at again.
constexpr Duration silence = std::chrono::seconds(1);
constexpr std::size_t shortest_scrolled_echo = 6;   // characters behind the "$"
constexpr std::size_t shown_in_errors = 300;        // bytes
constexpr std::size_t longest_page_question = 512;  // bytes; a line may have a megabyte

/// As an echo is compared: without blanks, line ends and control characters, in small letters.
std::string squeezed(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte != 0x7f) result += static_cast<char>(std::tolower(byte));
  }
  return result;
}

/// Without blanks at the ends of lines, and without empty lines at both ends.
std::string tidied(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, size);
    result.append(line.substr(0, line.find_last_not_of(" \t") + 1));
    if (size < text.size()) result += '\n';
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  result.erase(result.find_last_not_of('\n') + 1);
  result.erase(0, std::min(result.find_first_not_of('\n'), result.size()));
  return result;
}

void drop_first_line(std::string& text) {
  text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
}

}  // namespace

Terminal::Terminal(std::unique_ptr<Transport> transport, const Options& options,
                   const Platform& platform, Prompts& prompts, Redactor& redactor)
    : transport_(std::move(transport)),
      options_(options),
      platform_(platform),
      prompts_(prompts),
      redactor_(redactor) {}

void Terminal::write_secret(const ssh::Secret& secret) {
  redactor_.add(secret);
  transport_->write(secret.reveal());
}

std::string_view Terminal::return_key() const noexcept {
  return options_.comms_return_char.empty() ? platform_.return_key : options_.comms_return_char;
}

void Terminal::forget() {
  screen_.clear();
  raw_.clear();
  typed_.clear();
  prompt_begin_ = std::string::npos;
}

void Terminal::send_return() {
  forget();
  newline_wanted_ = true;
  transport_->write(return_key());
}

Coroutine<void> Terminal::type(std::string line) {
  forget();
  const std::string wanted = squeezed(line);
  waiting_for_ = "the echo of '" + redactor_.redact(line) + "'";
  transport_->write(line);
  bool seen = wanted.empty();
  while (!seen) {
    const bool more = co_await receive(options_.timeout_echo);
    if (!more) break;
    seen = has_echo(wanted);
  }
  send_return();
  typed_ = wanted;
}

void Terminal::type_secret(const ssh::Secret& secret) {
  write_secret(secret);
  send_return();
}

/// A device may draw a long line anew at each step, wrap it, or scroll it sideways and show only
/// its end, behind a "$".
bool Terminal::has_echo(std::string_view wanted) const {
  const std::string shown = squeezed(screen_.text());
  if (shown.find(wanted) != std::string::npos) return true;
  if (squeezed(raw_).find(wanted) != std::string::npos) return true;
  const std::string line = squeezed(screen_.line());
  const std::size_t dollar = line.rfind('$');
  if (dollar == std::string::npos) return false;
  const std::string_view end = std::string_view(line).substr(dollar + 1);
  return end.size() >= shortest_scrolled_echo && wanted.ends_with(end);
}

Coroutine<bool> Terminal::receive(Duration quiet) {
  std::string bytes;
  std::string lost;
  try {
    if (quiet > Duration::zero()) {
      auto reading = transport_->read();
      bytes = co_await rondo::wait_for(std::move(reading), quiet);
    } else {
      bytes = co_await transport_->read();
    }
    if (bytes.empty()) lost = "the device has ended the connection";
  } catch (const Error&) {
    throw;
  } catch (const rondo::TimeoutError&) {
    co_return false;
  } catch (const std::exception& error) {
    lost = std::string("the connection is lost: ") + error.what();
  }
  if (!lost.empty()) {
    has_ended_ = true;
    const std::string last = last_output();
    throw ConnectionError(options_.peer() + ": " + lost +
                          (last.empty() ? "" : "; it said last: " + last));
  }
  take_in(bytes);
  co_return true;
}

void Terminal::take_in(std::string_view bytes) {
  if (options_.channel_log) options_.channel_log(redactor_.pass(bytes));
  // A few bytes may move the cursor far.
  const std::size_t size = std::max(raw_.size() + bytes.size(), screen_.text().size());
  if (size > options_.comms_output_limit) {
    throw ConnectionError(options_.peer() + ": more than " +
                          std::to_string(options_.comms_output_limit) +
                          " bytes came without a prompt (Options::comms_output_limit)");
  }
  raw_.append(bytes);
  screen_.feed(bytes);
}

void Terminal::finish_log() {
  const std::string rest = redactor_.finish();
  if (options_.channel_log && !rest.empty()) options_.channel_log(rest);
}

std::string_view Terminal::tail() const noexcept {
  std::size_t offset = 0;
  return last_lines(screen_.text(), options_.comms_prompt_search_depth, offset);
}

void Terminal::take_prompt(std::size_t begin) {
  prompt_begin_ = begin;
  last_prompt_ = trimmed(std::string_view(screen_.text()).substr(begin));
  prompts_.learn(last_prompt_);
}

bool Terminal::accept_prompt() {
  const auto found = prompts_.at_end(screen_.text());
  if (found) take_prompt(found->begin);
  return found.has_value();
}

bool Terminal::turn_page() {
  std::string_view line = screen_.line();
  line.remove_prefix(line.size() - std::min(line.size(), longest_page_question));
  for (const Question& page : platform_.paging) {
    const auto found = page.pattern.search_end(line);
    if (!found) continue;
    screen_.cut(screen_.text().size() - line.size() + found->begin);
    transport_->write(page.answer);
    return true;
  }
  return false;
}

Coroutine<std::size_t> Terminal::read_until(const std::vector<Pattern>& patterns) {
  waiting_for_ = "a prompt, " + prompts_.description();
  for (const Pattern& pattern : patterns)
    waiting_for_ += ", or /" + redactor_.redact(pattern.text()) + "/";
  bool silent = false;
  while (true) {
    const std::string_view last = tail();
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      if (patterns[i].search(last)) co_return i;
    }
    const bool is_fresh = silent || !newline_wanted_ || screen_.newlines() > 0;
    const auto found = prompts_.at_end(screen_.text());
    const bool is_prompt = found && is_fresh;
    if (is_prompt && found->familiar) {
      take_prompt(found->begin);
      co_return prompt;
    }
    if (turn_page()) silent = false;
    const Duration unlimited = Duration::zero();
    const Duration usual = silent ? unlimited : silence;
    const bool more = co_await receive(is_prompt ? options_.prompt_quiet_time : usual);
    if (more) {
      silent = false;
      continue;
    }
    if (is_prompt) {
      take_prompt(found->begin);
      co_return prompt;
    }
    // A message that came behind the prompt, which the device does not show again.
    if (const auto above = prompts_.above(screen_.text())) {
      screen_.cut(screen_.text().find('\n', above->begin));
      take_prompt(above->begin);
      co_return prompt;
    }
    silent = true;
  }
}

Coroutine<void> Terminal::read_until_prompt() {
  const std::vector<Pattern> nothing_else;
  co_await read_until(nothing_else);
}

/// Whatever stands at the end may be a part of a banner that looks like a prompt. What comes again
/// after a return is one. A prompt that is never the same twice is believed when silence follows.
Coroutine<void> Terminal::find_prompt() {
  waiting_for_ = "a prompt, " + prompts_.description();
  std::string candidate;
  std::size_t candidate_line = 0;
  bool asked = false;
  bool silent = false;
  while (true) {
    const auto found = prompts_.at_end(screen_.text());
    const std::string shown =
        found ? trimmed(std::string_view(screen_.text()).substr(found->begin)) : std::string();
    const bool again = shown == candidate && screen_.newlines() > candidate_line;
    if (found && asked && (again || silent)) {
      take_prompt(found->begin);
      co_return;
    }
    const bool is_new = found && (shown != candidate || !asked);
    if (is_new) {
      candidate = shown;
      candidate_line = screen_.newlines();
    }
    const bool turned = turn_page();
    if (!turned && ((is_new && !asked) || silent)) {
      send_return();
      candidate_line = 0;
      asked = true;
    }
    const bool more = co_await receive(silence);
    silent = !more;
  }
}

std::string Terminal::take_output(bool with_prompt) {
  std::string text = screen_.take();
  const std::size_t end = std::min(prompt_begin_, text.size());
  const std::string shown = with_prompt ? text.substr(end) : std::string();
  std::string output = text.substr(0, end);
  text = std::string();
  // What is left of the echo, or of a line that was drawn anew, stands before the first newline.
  const std::size_t first = std::min(output.find('\n'), output.size());
  const std::string left = squeezed(std::string_view(output).substr(0, first));
  if (!typed_.empty() && left.find(typed_) != std::string::npos) output.erase(0, first);
  output = tidied(output);
  const std::size_t first_line = std::min(output.find('\n'), output.size());
  if (platform_.output_heading.search(std::string_view(output).substr(0, first_line))) {
    drop_first_line(output);
  }
  if (!with_prompt) return output;
  return output.empty() ? tidied(shown) : output + "\n" + tidied(shown);
}

std::string Terminal::take_raw() noexcept {
  return std::exchange(raw_, {});
}

std::string Terminal::last_output() const {
  const std::string_view text = screen_.text();
  std::string shown = "'";
  if (text.size() > shown_in_errors) shown = "'...";
  // Blotted out first: a secret that is cut in two would not be found.
  const std::string clean =
      redactor_.redact(text.substr(text.size() - std::min(text.size(), 2000UL)));
  const std::size_t begin = clean.size() - std::min(clean.size(), shown_in_errors);
  for (const char c : printable(std::string_view(clean).substr(begin))) {
    if (c == '\n') {
      shown += "\\n";
    } else {
      shown += c;
    }
  }
  return clean.empty() ? std::string() : shown + "'";
}

}  // namespace rondo::devices::detail
