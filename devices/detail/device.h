#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <rondo/devices/detail/prompts.h>
#include <rondo/devices/detail/redactor.h>
#include <rondo/devices/detail/terminal.h>
#include <rondo/devices/errors.h>
#include <rondo/devices/generic_driver.h>
#include <rondo/devices/options.h>
#include <rondo/devices/platform.h>
#include <rondo/devices/response.h>
#include <rondo/devices/send_options.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/lock.h>

// Device: what all handles of one driver share. Its operations are coroutines that suppose that no
// other one runs: `exclusively` sees to that, and keeps the device alive meanwhile.
//
// Invariant: between two operations the device stands at a prompt and waits, or `busy_with_` says
// what it was left with.

namespace rondo::devices::detail {

class Device {
 public:
  /// Throws ValueError for options that make no sense.
  Device(PlatformPtr platform, Options options);
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  /// These two take the lock themselves, where they need it: hooks run without.
  static Coroutine<void> open(std::shared_ptr<Device> device);
  static Coroutine<void> close(std::shared_ptr<Device> device);

  bool isalive() const noexcept;
  bool is_usable() const noexcept { return isalive() && busy_with_.empty(); }
  /// Throw ConnectionNotOpened; the first also ConnectionError unless a command may be sent.
  void check_usable() const;
  void check_open() const;

  // Operations; see GenericDriver and NetworkDriver.
  Coroutine<std::string> recover(Duration quiet);
  Coroutine<std::string> get_prompt();
  Coroutine<Response> send_command(std::string command, SendOptions options);
  Coroutine<MultiResponse> send_commands(std::vector<std::string> commands, SendOptions options);
  Coroutine<Response> send_interactive(std::vector<Interaction> interactions,
                                       InteractiveOptions options);
  Coroutine<Response> send_and_read(std::string command, std::vector<Pattern> expected,
                                    Duration read_duration, SendOptions options);
  Coroutine<std::string> read_callback(GenericDriver driver, std::vector<ReadCallback> callbacks,
                                       std::string initial_input);
  Coroutine<void> acquire_priv(std::string name);
  Coroutine<MultiResponse> send_configs(std::vector<std::string> configs, SendOptions options);
  Coroutine<Response> send_config(std::string config, SendOptions options);
  Coroutine<Response> commit(std::string comment);
  Coroutine<void> abort_config();

  void register_configuration_session(const std::string& name);

  /// Throws ConnectionNotOpened.
  Terminal& terminal();
  Lock& lock() noexcept { return lock_; }
  const std::string& peer() const noexcept { return peer_; }
  const Options& options() const noexcept { return options_; }
  const Platform& platform() const noexcept { return *platform_; }
  const std::string& current_level() const noexcept { return current_level_; }
  /// Empty when it is not open.
  std::string last_prompt() const { return terminal_ ? terminal_->last_prompt() : std::string(); }

 private:
  // Opening and closing: device_open.cpp.
  Coroutine<void> establish();
  Coroutine<void> log_in();
  bool answer_login_prompt();
  Coroutine<void> find_prompt();
  Coroutine<void> take_first_steps();
  Coroutine<void> take_last_steps();
  Coroutine<void> disconnect();

  // Conversations: device_send.cpp. They end at a prompt, or else throw.
  Coroutine<void> within(Coroutine<void> work, Duration limit, std::string what);
  [[noreturn]] void throw_timeout(Duration limit) const;
  Coroutine<void> converse(std::string command, const std::vector<Question>& questions);
  Coroutine<void> leave_question(const std::vector<Pattern>& patterns);
  Coroutine<void> wait_for_prompt();
  Coroutine<void> type_only(std::string line);
  Coroutine<void> interrupt(Duration quiet);
  Coroutine<void> interact(const std::vector<Interaction>& interactions,
                           const std::vector<Pattern>& endings);
  Coroutine<void> read_expected(std::string command, const std::vector<Pattern>& expected);
  Coroutine<void> next_callback(const std::vector<ReadCallback>& callbacks, bool read_first,
                                std::size_t& index);
  Coroutine<Response> send_one(std::string command, const SendOptions& options,
                               const std::vector<Question>& questions);
  Response new_response(std::string input, const SendOptions& options) const;
  void record(Response& response, TimePoint start, const SendOptions& options);
  Duration limit_of(const SendOptions& options) const;
  void note_prompt(const std::string& hoped_for = {});

  // Levels: device_levels.cpp.
  const PrivilegeLevel& level(const std::string& name) const;
  bool is_below(const std::string& lower, const PrivilegeLevel& level) const;
  std::string wanted_level(const SendOptions& options, const std::string& otherwise) const;
  Coroutine<void> go_to(std::string name);
  Coroutine<void> escalate(PrivilegeLevel next);
  Coroutine<void> deescalate(PrivilegeLevel from);
  [[noreturn]] void fail_to_move(const std::string& command, const std::string& target) const;

  PlatformPtr platform_;
  Options options_;
  std::string peer_;
  std::vector<PrivilegeLevel> levels_;  // the platform's, and sessions that were registered
  Redactor redactor_;
  Prompts prompts_;
  std::unique_ptr<Terminal> terminal_;  // null: not open
  Lock lock_;                           // one operation at a time
  std::string default_level_;
  std::string current_level_;  // of the last prompt; empty: it fits none
  std::string busy_with_;      // the command that was not waited for to its end; empty: none
  std::string objection_;      // why the last question of a conversation was one too many
  int usernames_sent_ = 0;     // in this login
  int passwords_sent_ = 0;
};

/// Runs an operation when no other one does, on a device that is open and at a prompt.
template <class Result, class... Parameters, class... Arguments>
Coroutine<Result> exclusively(std::shared_ptr<Device> device,
                              Coroutine<Result> (Device::*operation)(Parameters...),
                              Arguments... arguments) {
  const auto held = co_await device->lock().hold();
  device->check_usable();
  auto work = ((*device).*operation)(std::move(arguments)...);
  co_return co_await work;
}

}  // namespace rondo::devices::detail
