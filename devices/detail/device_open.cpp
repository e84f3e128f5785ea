#include <exception>
#include <utility>

#include <rondo/devices/detail/device.h>
#include <rondo/devices/detail/transport_errors.h>
#include <rondo/devices/network_driver.h>

// How a device is opened and closed: connect, log in, find the prompt, prepare; and back.

namespace rondo::devices::detail {

namespace {

constexpr Duration time_to_nudge =
    std::chrono::seconds(2);  // a device that says nothing at a login

bool logs_in_on_terminal(const Options& options) {
  return options.transport == "telnet" && !options.auth_bypass;
}

}  // namespace

Device::Device(PlatformPtr platform, Options options)
    : platform_(std::move(platform)),
      options_(std::move(options)),
      peer_(options_.peer()),
      levels_(platform_->privilege_levels),
      prompts_(levels_,
               options_.comms_prompt_pattern.empty() ? Pattern()
                                                     : Pattern(options_.comms_prompt_pattern),
               options_.comms_prompt_search_depth),
      default_level_(options_.default_desired_privilege_level.empty()
                         ? platform_->default_desired_privilege_level
                         : options_.default_desired_privilege_level) {
  if (options_.host.empty()) throw ValueError("Options::host is empty; name a device");
  if (!options_.transport_factory) static_cast<void>(make_transport(options_));  // is there one?
  if (platform_->find_level(default_level_) == nullptr) {
    throw ValueError("Options::default_desired_privilege_level: " + platform_->name +
                     " has no level '" + default_level_ + "'");
  }
  if (options_.textfsm_platform.empty()) options_.textfsm_platform = platform_->textfsm_platform;
  options_.auth_username += options_.auth_username.empty() ? "" : platform_->username_suffix;
  redactor_.add(options_.auth_password);
  redactor_.add(options_.auth_secondary);
  redactor_.add(options_.auth_private_key_passphrase);
}

bool Device::isalive() const noexcept {
  return terminal_ != nullptr && !terminal_->has_ended() && terminal_->transport().isalive();
}

void Device::check_open() const {
  if (terminal_ == nullptr) throw ConnectionNotOpened(peer_ + ": is not open; call open first");
}

void Device::check_usable() const {
  check_open();
  if (!isalive()) throw ConnectionError(peer_ + ": the connection has ended; open it again");
  if (busy_with_.empty()) return;
  throw ConnectionError(peer_ + ": the device was left busy with " + busy_with_ +
                        "; call recover, or close and open again");
}

Terminal& Device::terminal() {
  check_open();
  return *terminal_;
}

Coroutine<void> Device::open(std::shared_ptr<Device> device) {
  Device& self = *device;
  std::exception_ptr error;
  {
    const auto held = co_await self.lock_.hold();
    if (self.terminal_ != nullptr) throw RuntimeError(self.peer_ + ": is open already");
    try {
      co_await self.establish();
      if (!self.options_.on_open) co_await self.take_first_steps();
    } catch (...) {
      error = std::current_exception();
    }
    if (error) co_await self.disconnect();
  }
  if (error) std::rethrow_exception(error);
  if (!self.options_.on_open) co_return;
  try {
    const NetworkDriver driver(device);
    auto hook = self.options_.on_open(driver);
    co_await hook;
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) co_return;
  {
    const auto held = co_await self.lock_.hold();
    co_await self.disconnect();
  }
  std::rethrow_exception(error);
}

Coroutine<void> Device::close(std::shared_ptr<Device> device) {
  Device& self = *device;
  std::exception_ptr error;
  if (self.is_usable() && self.options_.on_close) {
    try {
      const NetworkDriver driver(device);
      auto hook = self.options_.on_close(driver);
      co_await hook;
    } catch (...) {
      error = std::current_exception();
    }
  }
  {
    const auto held = co_await self.lock_.hold();
    if (!error && self.is_usable() && !self.options_.on_close) {
      try {
        co_await self.take_last_steps();
      } catch (const Error&) {
        // The connection is to be closed in any case.
      } catch (...) {
        error = std::current_exception();
      }
    }
    co_await self.disconnect();
  }
  if (error) std::rethrow_exception(error);
}

Coroutine<void> Device::establish() {
  auto transport =
      options_.transport_factory ? options_.transport_factory(options_) : make_transport(options_);
  terminal_ =
      std::make_unique<Terminal>(std::move(transport), options_, *platform_, prompts_, redactor_);
  busy_with_ = "the login";
  current_level_.clear();
  usernames_sent_ = passwords_sent_ = 0;
  co_await terminal_->transport().open();
  auto login = log_in();
  co_await within(std::move(login), options_.timeout_transport, "the login");
  auto search = find_prompt();
  co_await within(std::move(search), options_.timeout_transport, "the login");
}

/// Until a prompt comes, answers what is asked on the terminal. Over telnet a line that looks like
/// a prompt may well be one of a banner, with the question for the user's name still to come.
Coroutine<void> Device::log_in() {
  const bool is_expected = logs_in_on_terminal(options_);
  terminal_->wait_for("a login prompt, or a prompt, " + prompts_.description());
  std::string lost;
  try {
    while (true) {
      if (answer_login_prompt()) {
        co_await terminal_->receive();
        continue;
      }
      const bool is_prompt = prompts_.at_end(terminal_->text()).has_value();
      if (is_prompt && (!is_expected || passwords_sent_ > 0)) co_return;
      if (terminal_->turn_page()) continue;
      const bool more =
          co_await terminal_->receive(is_prompt ? options_.prompt_quiet_time : time_to_nudge);
      if (!more && is_prompt) co_return;
      if (!more) terminal_->send_return();
    }
  } catch (const ConnectionError& error) {
    if (passwords_sent_ == 0) throw;
    lost = error.what();
  }
  throw AuthenticationFailed(lost + " (after the user's name and the password were sent)");
}

bool Device::answer_login_prompt() {
  if (options_.auth_bypass) return false;
  const std::string_view last = terminal_->tail();
  const std::string shown = terminal_->last_output();
  if (platform_->password_prompt.search_end(last)) {
    if (passwords_sent_++ > 0) {
      throw AuthenticationFailed(peer_ + ": the device does not accept the user's name and the " +
                                 "password; it said last: " + shown);
    }
    if (options_.auth_password.empty()) {
      throw AuthenticationFailed(peer_ + ": the device asks for a password, and auth_password is " +
                                 "empty; it said last: " + shown);
    }
    terminal_->type_secret(options_.auth_password);
    return true;
  }
  if (!platform_->username_prompt.search_end(last)) return false;
  if (usernames_sent_++ > 0) {
    throw AuthenticationFailed(peer_ + ": the device asks for the user's name again; it does not " +
                               "accept the name or the password; it said last: " + shown);
  }
  if (options_.auth_username.empty()) {
    throw AuthenticationFailed(peer_ + ": the device asks for a user's name, and auth_username " +
                               "is empty; it said last: " + shown);
  }
  terminal_->write(options_.auth_username);
  terminal_->send_return();
  return true;
}

Coroutine<void> Device::find_prompt() {
  co_await terminal_->find_prompt();
  note_prompt();
}

Coroutine<void> Device::take_first_steps() {
  co_await go_to(default_level_);
  for (const Step& step : platform_->on_open) {
    auto conversation = converse(step.command, step.questions);
    co_await within(std::move(conversation), options_.timeout_ops, "'" + step.command + "'");
    if (!objection_.empty()) {
      throw PrivilegeError(peer_ + ": '" + step.command + "' " + objection_);
    }
  }
}

Coroutine<void> Device::take_last_steps() {
  co_await go_to(default_level_);
  for (const std::string& command : platform_->on_close) {
    terminal_->write(command);
    terminal_->send_return();
  }
}

Coroutine<void> Device::disconnect() {
  if (terminal_ == nullptr) co_return;
  const std::unique_ptr<Terminal> terminal = std::move(terminal_);
  busy_with_.clear();
  current_level_.clear();
  terminal->finish_log();
  co_await terminal->transport().close();
}

}  // namespace rondo::devices::detail
