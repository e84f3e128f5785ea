#pragma once

#include <concepts>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/devices/options.h>
#include <rondo/devices/platform.h>
#include <rondo/devices/response.h>
#include <rondo/devices/send_options.h>
#include <rondo/runtime/coroutine.h>

// GenericDriver: a conversation with whatever shows a prompt.
//
//   co_await async_with(GenericDriver(options), [](GenericDriver& driver) -> Coroutine<> {
//     auto response = co_await driver.send_command("uptime");
//     …
//   });
//
// One operation runs at a time; others that are started meanwhile wait for it, in order. All of
// them throw ConnectionNotOpened when the driver is not open, ConnectionError when the device ends
// the connection, and Timeout when their time is over.
//
// A time-out or a cancellation in the middle of a command leaves the device busy with that command.
// The connection stands, but every operation throws a ConnectionError that says so, until `recover`
// has found the prompt again, or the driver is closed and opened.

namespace rondo::devices {

namespace detail {
class Device;
}

/// A cheap handle: copies are the same driver. When the last one goes, the connection is closed
/// without further ado; `close`, or async_with, says good-bye.
class GenericDriver {
 public:
  /// The platform is "terminal" unless the options name one. Throws UnsupportedPlatform,
  /// PlatformError, and ValueError for options that make no sense.
  explicit GenericDriver(Options options);

  /// Connects, logs in, finds the prompt, and does what the platform does first (or what
  /// Options::on_open does). Throws ConnectionError, AuthenticationFailed, Timeout, PrivilegeError.
  /// When it throws, CancelledError included, the connection is closed.
  Coroutine<void> open() const;
  /// Leaves the device in an orderly way if it can, and closes. Does nothing when it is not open.
  Coroutine<void> close() const;
  Coroutine<void> aenter() const { return open(); }
  Coroutine<void> aexit(std::exception_ptr error) const;

  /// True from `open` until the connection ends, by `close` or by the device.
  bool isalive() const noexcept;
  /// May a command be sent? False when it is not alive, and in the middle of a command that was
  /// given up; then `recover` helps.
  bool is_usable() const noexcept;
  /// Interrupts what the device is busy with (Ctrl-C), and waits until it shows a prompt and then
  /// nothing for `quiet`. Yields the prompt. Throws Timeout, after timeout_ops.
  Coroutine<std::string> recover(Duration quiet = std::chrono::seconds(1)) const;

  /// Asks for a prompt by a return, and yields it.
  Coroutine<std::string> get_prompt() const;

  /// Sends a command of one line, and waits for the prompt behind its output. Throws ValueError
  /// for a line's end in it.
  Coroutine<Response> send_command(std::string command, SendOptions options = SendOptions()) const;
  Coroutine<MultiResponse> send_commands(std::vector<std::string> commands,
                                         SendOptions options = SendOptions()) const;
  template <class... Commands>
    requires(sizeof...(Commands) > 0 && (std::convertible_to<Commands, std::string> && ...))
  Coroutine<MultiResponse> send_commands(Commands... commands) const {
    std::vector<std::string> list;
    (list.emplace_back(std::move(commands)), ...);
    return send_commands(std::move(list), SendOptions());
  }
  /// The lines of a file, without empty ones. Throws OSError.
  Coroutine<MultiResponse> send_commands_from_file(std::string path,
                                                   SendOptions options = SendOptions()) const;

  /// Types each input and waits for what the device asks then: for commands that want an answer.
  Coroutine<Response> send_interactive(std::vector<Interaction> interactions,
                                       InteractiveOptions options = InteractiveOptions()) const;

  /// Sends a command (empty: nothing) and reads until one of `expected` or a prompt comes, or, if
  /// `read_duration` is not 0, that time is over, which is no error then. Leaves the device in the
  /// middle of the command if that is where it is; the next operation goes on from there.
  Coroutine<Response> send_and_read(std::string command, std::vector<Pattern> expected,
                                    Duration read_duration = Duration::zero(),
                                    SendOptions options = SendOptions()) const;
  /// Texts, see Pattern::expected.
  Coroutine<Response> send_and_read(std::string command, std::vector<std::string> expected,
                                    Duration read_duration = Duration::zero(),
                                    SendOptions options = SendOptions()) const {
    return send_and_read(std::move(command), Pattern::expected(expected), read_duration,
                         std::move(options));
  }

  /// Sends `initial_input` (empty: nothing), and reads; calls of the callbacks the first that fits,
  /// until one is called that completes. Yields all that was read. Throws Timeout when none fits
  /// for timeout_ops.
  Coroutine<std::string> read_callback(std::vector<ReadCallback> callbacks,
                                       std::string initial_input = {}) const;
  /// For callbacks: what is written here is part of the operation that calls them.
  void write(std::string_view text) const;
  void write_secret(const ssh::Secret& secret) const;
  void send_return() const;

  /// "host:port".
  const std::string& peer() const noexcept;
  const Options& options() const noexcept;
  const Platform& platform() const noexcept;

  /// What the parts of this library share.
  const std::shared_ptr<detail::Device>& device() const noexcept { return device_; }

 protected:
  explicit GenericDriver(std::shared_ptr<detail::Device> device) noexcept;

 private:
  std::shared_ptr<detail::Device> device_;
};

}  // namespace rondo::devices
