#include <utility>

#include <rondo/devices/detail/device.h>
#include <rondo/runtime/loop.h>

// Conversations that are not a command and its output: answers, reads, callbacks.

namespace rondo::devices::detail {

namespace {

constexpr const char* stars = "********";

bool contains(std::string_view text, const std::string& part) {
  return !part.empty() && text.find(part) != std::string_view::npos;
}

}  // namespace

Coroutine<Response> Device::send_interactive(std::vector<Interaction> interactions,
                                             InteractiveOptions options) {
  std::string shown;
  for (const Interaction& one : interactions) {
    if (one.is_hidden) redactor_.add(one.input);
    shown.append(shown.empty() ? "" : ", ");
    shown.append(one.is_hidden ? stars : redactor_.redact(one.input.reveal()));
  }
  const std::vector<Pattern> endings = Pattern::expected(options.interaction_complete_patterns);
  co_await go_to(wanted_level(options, default_level_));
  Response response = new_response(shown, options);
  const TimePoint start = get_running_loop().time();
  auto talk = interact(interactions, endings);
  co_await within(std::move(talk), limit_of(options), "'" + shown + "'");
  record(response, start, options);
  co_return response;
}

Coroutine<void> Device::interact(const std::vector<Interaction>& interactions,
                                 const std::vector<Pattern>& endings) {
  for (const Interaction& one : interactions) {
    if (one.is_hidden) {
      terminal_->type_secret(one.input);
    } else {
      co_await terminal_->type(std::string(one.input.reveal()));
    }
    std::vector<Pattern> patterns = endings;
    if (!one.expected.empty()) patterns.push_back(one.expected);
    const std::size_t found = co_await terminal_->read_until(patterns);
    if (found == Terminal::prompt) note_prompt();
    // A prompt instead of a question: there is nobody to answer any more.
    if (found == Terminal::prompt && !one.expected.empty()) break;
    if (found < endings.size()) break;
  }
}

Coroutine<Response> Device::send_and_read(std::string command, std::vector<Pattern> expected,
                                          Duration read_duration, SendOptions options) {
  if (!command.empty()) co_await go_to(wanted_level(options, default_level_));
  Response response = new_response(redactor_.redact(command), options);
  const TimePoint start = get_running_loop().time();
  const bool is_patient = read_duration > Duration::zero();
  auto reading = read_expected(command, expected);
  try {
    co_await within(std::move(reading), is_patient ? read_duration : limit_of(options),
                    "'" + response.channel_input + "'");
  } catch (const Timeout&) {
    if (!is_patient) throw;
    busy_with_.clear();
  }
  record(response, start, options);
  co_return response;
}

Coroutine<void> Device::read_expected(std::string command, const std::vector<Pattern>& expected) {
  if (command.empty()) {
    terminal_->forget();
  } else {
    co_await terminal_->type(std::move(command));
  }
  const std::size_t found = co_await terminal_->read_until(expected);
  if (found == Terminal::prompt) note_prompt();
}

Coroutine<std::string> Device::read_callback(GenericDriver driver,
                                             std::vector<ReadCallback> callbacks,
                                             std::string initial_input) {
  std::string all;
  const std::string what =
      initial_input.empty() ? "a read with callbacks" : "'" + redactor_.redact(initial_input) + "'";
  if (!initial_input.empty()) {
    auto typing = type_only(initial_input);
    co_await within(std::move(typing), options_.timeout_ops, what);
  }
  std::vector<bool> called(callbacks.size());
  bool read_first = false;  // what is there was looked at already
  while (true) {
    std::size_t index = 0;
    auto looking = next_callback(callbacks, read_first, index);
    co_await within(std::move(looking), options_.timeout_ops, what);
    const ReadCallback& found = callbacks[index];
    const std::string name = found.name.empty() ? "/" + found.contains.text() + "/" : found.name;
    if (found.only_once && called[index]) {
      busy_with_ = what;
      throw CommandFailure(peer_ + ": " + name + " was to come only once, and came again");
    }
    called[index] = true;
    const std::string output = terminal_->text();
    read_first = !found.reset_output;
    if (found.reset_output || found.complete) {
      all += output;
      terminal_->forget();
    }
    if (found.callback) {
      busy_with_ = what;
      auto call = found.callback(driver, output);
      co_await call;
      busy_with_.clear();
    }
    if (found.complete) break;
  }
  co_return all;
}

Coroutine<void> Device::next_callback(const std::vector<ReadCallback>& callbacks, bool read_first,
                                      std::size_t& index) {
  terminal_->wait_for("something that one of the callbacks is for");
  while (true) {
    if (std::exchange(read_first, true)) co_await terminal_->receive();
    const std::string_view last = terminal_->tail();
    for (index = 0; index < callbacks.size(); ++index) {
      const ReadCallback& one = callbacks[index];
      if (one.contains.search(last) && !contains(last, one.not_contains)) co_return;
    }
  }
}

}  // namespace rondo::devices::detail
