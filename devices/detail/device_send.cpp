#include <algorithm>
#include <exception>
#include <utility>

#include <rondo/devices/detail/device.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/wait_for.h>

// Commands: what is typed, what is waited for, and what is made of the answer.

namespace rondo::devices::detail {

namespace {

constexpr int most_attempts_to_leave = 4;  // a question: IOS asks three times for a secret
constexpr std::size_t kept_while_discarding = 64 * 1024;  // bytes

void check_one_line(const std::string& command) {
  if (command.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos) return;
  throw ValueError("a command is one line; send lines one by one, or use send_interactive");
}

std::vector<Pattern> patterns_of(const std::vector<Question>& questions) {
  std::vector<Pattern> patterns;
  patterns.reserve(questions.size());
  for (const Question& question : questions)
    patterns.push_back(question.pattern);
  return patterns;
}

}  // namespace

/// Awaits what talks to the device, for so long at the most (0: without a limit). Until it has come
/// to its end, the device is busy with `what`.
Coroutine<void> Device::within(Coroutine<void> work, Duration limit, std::string what) {
  busy_with_ = std::move(what);
  try {
    if (limit > Duration::zero()) {
      co_await wait_for(std::move(work), limit);
    } else {
      co_await work;
    }
    busy_with_.clear();
    co_return;
  } catch (const Error&) {
    throw;
  } catch (const rondo::TimeoutError&) {
    // Told below, in more words.
  }
  throw_timeout(limit);
}

void Device::throw_timeout(Duration limit) const {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  std::string text = peer_ + ": no answer to " + busy_with_ + " in " +
                     std::to_string(milliseconds) + " ms; waited for " + terminal_->waiting_for();
  const std::string last = terminal_->last_output();
  text += last.empty() ? "; there was no output" : "; the last output was " + last;
  throw Timeout(text + (busy_with_ == "the login"
                            ? ""
                            : "; the connection stands, but the device is busy with that: call "
                              "recover, or close and open again"));
}

Duration Device::limit_of(const SendOptions& options) const {
  return options.timeout_ops.value_or(options_.timeout_ops);
}

void Device::note_prompt(const std::string& hoped_for) {
  const std::string& prompt = terminal_->last_prompt();
  std::string first;
  bool is_current = false;
  bool is_hoped_for = false;
  for (const PrivilegeLevel& level : levels_) {
    if (!level.prompt_at_end(prompt)) continue;
    if (first.empty()) first = level.name;
    is_current = is_current || level.name == current_level_;
    is_hoped_for = is_hoped_for || level.name == hoped_for;
  }
  if (is_hoped_for) {
    current_level_ = hoped_for;
  } else if (!is_current) {
    current_level_ = first;
  }
}

Coroutine<void> Device::wait_for_prompt() {
  co_await terminal_->read_until_prompt();
  note_prompt();
}

/// Types a command and reads to the prompt behind its output, answering questions on the way. One
/// that is asked twice, or cannot be answered, is left; `objection_` says so then.
Coroutine<void> Device::converse(std::string command, const std::vector<Question>& questions) {
  objection_.clear();
  const std::vector<Pattern> patterns = patterns_of(questions);
  std::vector<bool> asked(questions.size());
  co_await terminal_->type(std::move(command));
  while (true) {
    const std::size_t found = co_await terminal_->read_until(patterns);
    if (found == Terminal::prompt) break;
    const Question& question = questions[found];
    if (!question.error.empty()) objection_ = question.error;
    if (question.secret && options_.auth_secondary.empty()) {
      objection_ = "asks for a password; set auth_secondary";
    } else if (question.secret && asked[found]) {
      objection_ = "does not accept the password (auth_secondary)";
    } else if (asked[found]) {
      objection_ = "asks the same question again: " + terminal_->last_output();
    }
    if (!objection_.empty() && question.error.empty()) {
      co_await leave_question(patterns);
      break;
    }
    asked[found] = true;
    if (question.secret) {
      terminal_->type_secret(options_.auth_secondary);
    } else {
      terminal_->write(question.answer);
      terminal_->send_return();
    }
  }
  note_prompt();
}

/// Returns until a prompt comes: an empty password is wrong, and so the device gives up.
Coroutine<void> Device::leave_question(const std::vector<Pattern>& patterns) {
  for (int attempt = 0; attempt < most_attempts_to_leave; ++attempt) {
    terminal_->send_return();
    const std::size_t found = co_await terminal_->read_until(patterns);
    if (found == Terminal::prompt) co_return;
  }
  terminal_->write("\x03");
  co_await terminal_->read_until_prompt();
}

Coroutine<void> Device::type_only(std::string line) {
  co_await terminal_->type(std::move(line));
}

Response Device::new_response(std::string input, const SendOptions& options) const {
  const std::vector<std::string>& own = options_.failed_when_contains;
  const std::vector<std::string>& usual = own.empty() ? platform_->failed_when_contains : own;
  Response response(options_.host, peer_, std::move(input),
                    options.failed_when_contains.value_or(usual));
  response.textfsm_platform = options_.textfsm_platform;
  response.textfsm_templates = options_.textfsm_templates;
  return response;
}

void Device::record(Response& response, TimePoint start, const SendOptions& options) {
  std::string text = terminal_->take_output(!options.strip_prompt);
  std::string raw = terminal_->take_raw();
  response.record(std::move(raw), std::move(text), get_running_loop().time() - start);
}

Coroutine<Response> Device::send_one(std::string command, const SendOptions& options,
                                     const std::vector<Question>& questions) {
  Response response = new_response(redactor_.redact(command), options);
  const TimePoint start = get_running_loop().time();
  auto conversation = converse(command, questions);
  co_await within(std::move(conversation), limit_of(options), "'" + response.channel_input + "'");
  record(response, start, options);
  co_return response;
}

Coroutine<Response> Device::send_command(std::string command, SendOptions options) {
  check_one_line(command);
  const std::vector<Question> no_questions;
  co_await go_to(wanted_level(options, default_level_));
  co_return co_await send_one(std::move(command), options, no_questions);
}

Coroutine<MultiResponse> Device::send_commands(std::vector<std::string> commands,
                                               SendOptions options) {
  MultiResponse responses(options_.host);
  for (const std::string& command : commands) {
    Response response = co_await send_command(command, options);
    const bool stop = response.failed && options.stop_on_failed;
    responses.push_back(std::move(response));
    if (stop) break;
  }
  co_return responses;
}

Coroutine<MultiResponse> Device::send_configs(std::vector<std::string> configs,
                                              SendOptions options) {
  MultiResponse responses(options_.host);
  std::ranges::for_each(configs, check_one_line);
  const std::vector<Question> no_questions;
  co_await go_to(wanted_level(options, platform_->configuration_level));
  for (std::size_t i = 0; i < configs.size(); ++i) {
    if (options.eager && i + 1 < configs.size()) {
      Response response = new_response(redactor_.redact(configs[i]), options);
      const TimePoint start = get_running_loop().time();
      auto typing = type_only(configs[i]);
      co_await within(std::move(typing), limit_of(options), "'" + response.channel_input + "'");
      response.record({}, {}, get_running_loop().time() - start);
      responses.push_back(std::move(response));
      continue;
    }
    Response response = co_await send_one(configs[i], options, no_questions);
    const bool stop = response.failed && options.stop_on_failed;
    responses.push_back(std::move(response));
    if (stop) break;
  }
  if (responses.failed()) co_await abort_config();
  co_return responses;
}

Coroutine<Response> Device::send_config(std::string config, SendOptions options) {
  std::vector<std::string> lines;
  for (std::string_view rest = config; !rest.empty();) {
    const std::size_t size = std::min(rest.find('\n'), rest.size());
    std::string line(rest.substr(0, size));
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  Response response = new_response(redactor_.redact(config), options);
  const TimePoint start = get_running_loop().time();
  const MultiResponse all = co_await send_configs(std::move(lines), options);
  std::string raw;
  for (const Response& one : all)
    raw += one.raw_result;
  response.record(std::move(raw), all.result(), get_running_loop().time() - start);
  co_return response;
}

Coroutine<std::string> Device::get_prompt() {
  terminal_->send_return();
  auto reading = wait_for_prompt();
  co_await within(std::move(reading), options_.timeout_ops, "the question for its prompt");
  co_return terminal_->last_prompt();
}

Coroutine<std::string> Device::recover(Duration quiet) {
  check_open();
  if (!isalive()) check_usable();  // throws
  auto interrupting = interrupt(quiet);
  co_await within(std::move(interrupting), options_.timeout_ops, "an interrupted command");
  co_return terminal_->last_prompt();
}

Coroutine<void> Device::interrupt(Duration quiet) {
  terminal_->forget();
  terminal_->write(platform_->interrupt);
  terminal_->wait_for("a prompt and silence, " + prompts_.description());
  while (true) {
    const bool more = co_await terminal_->receive(quiet);
    if (more && terminal_->text().size() > kept_while_discarding) terminal_->forget();
    if (more) {
      terminal_->turn_page();
      continue;
    }
    if (terminal_->accept_prompt()) break;
    terminal_->send_return();
  }
  note_prompt();
}

}  // namespace rondo::devices::detail
