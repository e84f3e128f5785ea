#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondo/devices/errors.h>
#include <rondo/devices/network_driver.h>

// netdev's interface over the same drivers, for programs that are written in its words:
//
//   netdev::Device router = netdev::create(parameters);
//   co_await router.connect();
//   std::string text = co_await router.send_command("show clock");
//   co_await router.disconnect();
//
// A command is sent in the level in which the device stands; what moves it are enable_mode,
// config_mode and their counterparts, and send_config_set.

namespace rondo::devices::netdev {

/// Something did not come in time.
class TimeoutError : public devices::Timeout {
 public:
  using devices::Timeout::Timeout;
};

/// There is no connection: it could not be made, the login failed, or it has ended.
class DisconnectError : public devices::ConnectionError {
 public:
  using devices::ConnectionError::ConnectionError;
};

/// The device refuses to commit.
class CommitError : public devices::CommandFailure {
 public:
  using devices::CommandFailure::CommandFailure;
};

class Parameters {
 public:
  Parameters();

  std::string host;
  std::string username;
  ssh::Secret password;
  ssh::Secret secret;  ///< for `enable`
  std::uint16_t port = 22;
  std::string device_type;                      ///< "cisco_ios" and the like: see find_platform
  Duration timeout = std::chrono::seconds(15);  ///< for the connection, the login, each command
  std::string known_hosts;                      ///< path; empty: ~/.ssh/known_hosts
  bool strict_host_key = true;                  ///< false: see Options::auth_strict_key
  std::optional<ssh::Connection> tunnel;        ///< a jump host
  /// Whatever else the drivers have to set; what is named above is set upon it.
  Options options;
};

class CommandOptions {
 public:
  CommandOptions();

  std::string pattern;   ///< a regular expression to wait for besides the prompt; empty: none
  std::string re_flags;  ///< of the pattern, as letters: "s" lets a dot match a line's end
  bool strip_command = true;
  bool strip_prompt = true;
};

class ConfigOptions {
 public:
  ConfigOptions();

  bool exit_config_mode = true;
  /// Where the platform wants that: IOS XR, Junos, Huawei.
  bool with_commit = true;
  std::string commit_comment;  ///< for IOS XR and Junos
};

/// A cheap handle, as the drivers are. Everything throws TimeoutError, DisconnectError, and
/// PrivilegeError when a mode cannot be reached or there is none.
class Device {
 public:
  explicit Device(NetworkDriver driver) : driver_(std::move(driver)) {}

  /// Connects, logs in, goes to the level for reading, turns paging off.
  Coroutine<void> connect() const;
  Coroutine<void> disconnect() const;
  Coroutine<void> aenter() const { return connect(); }
  Coroutine<void> aexit(std::exception_ptr) const { return disconnect(); }

  /// Yields what the command says, whether it has failed or not.
  Coroutine<std::string> send_command(std::string command,
                                      CommandOptions options = CommandOptions()) const;
  /// Enters configuration, sends the commands, commits, and leaves. Yields all that was said, under
  /// the commands. Throws CommitError.
  Coroutine<std::string> send_config_set(std::vector<std::string> commands,
                                         ConfigOptions options = ConfigOptions()) const;

  /// The prompt without its last character; empty before `connect`.
  std::string base_prompt() const;

  Coroutine<void> enable_mode() const;
  bool check_enable_mode() const;
  Coroutine<void> exit_enable_mode() const;
  Coroutine<void> config_mode() const;
  bool check_config_mode() const;
  Coroutine<void> exit_config_mode() const;

  const NetworkDriver& driver() const noexcept { return driver_; }

 private:
  NetworkDriver driver_;
};

/// The device of some type. Throws UnsupportedPlatform.
Device create(Parameters parameters);

}  // namespace rondo::devices::netdev
