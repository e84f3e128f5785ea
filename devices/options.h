#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/devices/transport.h>
#include <rondo/runtime/clock.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/ssh/options.h>

// How to reach a device, who to be there, and how to talk to it; under scrapli's names.

namespace rondo::devices {

class NetworkDriver;

/// What is called when a driver is opened or closed. The reference is good until its coroutine
/// ends.
using DriverHook = std::function<Coroutine<void>(const NetworkDriver&)>;
/// Is given what the device says, as it comes, with all secrets blotted out.
using ChannelLog = std::function<void(std::string_view)>;
/// Makes the transport of a driver.
using TransportFactory = std::function<std::unique_ptr<Transport>(const Options&)>;

class Options {
 public:
  Options();

  std::string host;
  std::uint16_t port = 0;         ///< 0: 22 for ssh, 23 for telnet
  std::string platform;           ///< the name of one, or of a file: see platform.h
  std::string transport = "ssh";  ///< or "telnet"

  std::string auth_username;
  ssh::Secret auth_password;
  /// For `enable` and the like. Empty: there is none; the password is not tried in its place.
  ssh::Secret auth_secondary;
  std::string auth_private_key;  ///< path; empty: see ssh::Options::client_keys
  ssh::Secret auth_private_key_passphrase;
  /// The device's key must be in the known_hosts file. False: any key will do, and whoever sits
  /// between can read everything, the password included.
  bool auth_strict_key = true;
  /// Nobody asks for a user or a password on the terminal. (SSH has logged in before that.)
  bool auth_bypass = false;
  std::string ssh_known_hosts_file;  ///< path; empty: ~/.ssh/known_hosts
  std::string ssh_config_file;       ///< path of a file as ssh_config(5) has it; empty: none
  /// What else there is to say about SSH: algorithms, `legacy`, an agent. What is named above is
  /// set upon these.
  ssh::Options ssh_options;
  /// A jump host: the device is reached through this connection, by telnet too.
  std::optional<ssh::Connection> tunnel;
  /// Asks a silent device whether it is still there; see ssh::Options::keepalive_interval. For
  /// telnet too.
  std::chrono::seconds keepalive_interval{0};

  // Limits; 0: none.
  Duration timeout_socket = std::chrono::seconds(15);     ///< for the TCP connection
  Duration timeout_transport = std::chrono::seconds(30);  ///< for logging in
  Duration timeout_ops = std::chrono::seconds(30);        ///< for each command
  /// How long the echo of a command is waited for, before the command is ended with a return in any
  /// case: so long a device with a mangled echo is held up by each command.
  Duration timeout_echo = std::chrono::seconds(3);
  /// A line that looks like a prompt, but not like this device's, is taken for one only after so
  /// long without another byte.
  Duration prompt_quiet_time = std::chrono::milliseconds(300);

  std::size_t comms_prompt_search_depth =
      1000;                       ///< bytes at the end in which a prompt is looked for
  std::string comms_return_char;  ///< empty: the platform's, a newline for most
  /// A pattern of prompts besides the platform's; empty: none.
  std::string comms_prompt_pattern;
  /// A command that says more than so many bytes ends in a ConnectionError.
  std::size_t comms_output_limit = 256 * 1024 * 1024;
  /// The terminal that is asked for. Wide, so that devices do not wrap lines.
  std::string terminal_type = "dumb";
  ssh::TermSize terminal_size = ssh::TermSize(511, 500);

  /// Called when the driver is made.
  std::function<void(NetworkDriver)> on_init;
  /// Called in the place of what the platform does after the login (levels, paging, width), and
  /// before the connection is closed.
  DriverHook on_open;
  DriverHook on_close;

  std::string default_desired_privilege_level;    ///< empty: the platform's
  std::vector<std::string> failed_when_contains;  ///< empty: the platform's
  std::string textfsm_platform;                   ///< empty: the platform's
  std::string textfsm_templates;                  ///< see Response::textfsm_parse_output
  ChannelLog channel_log;
  TransportFactory transport_factory;  ///< empty: make_transport

  /// The port that is meant: `port`, or the transport's own.
  std::uint16_t effective_port() const;
  /// "host:port", as error texts begin.
  std::string peer() const;
};

/// A log that is appended to a file, mode 0600, `printable`. Throws OSError when the file cannot be
/// opened. It writes at once, on the loop's thread: for finding out what went wrong, not for every
/// day.
ChannelLog log_to_file(const std::string& path);

}  // namespace rondo::devices
