#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/devices/errors.h>
#include <rondo/devices/options.h>

// Inventory: which devices there are and how to log in, read from a YAML file. It is a list of
// devices,
//
//   - host: 192.0.2.1
//     platform: cisco_iosxe
//     auth_username: rob
//     auth_password: env:LAB_PASSWORD
//
// or, for many of them, a mapping with what they have in common:
//
//   defaults: {auth_username: rob, auth_password: prompt}
//   groups:
//     core: {platform: cisco_iosxr, data: {site: oslo}}
//     old: {transport: telnet, groups: [core]}      # a group takes over from its own groups
//   devices:
//     - {name: p1, host: 192.0.2.1, groups: [core]}
//
// What a device says itself comes first, then its groups in the order in which it names them, then
// the defaults. Where the file has `groups`, each group that is named must be there; where it has
// none, groups are words to filter by.
//
// The keys are those of Options: host, port, platform, transport, auth_username, auth_password,
// auth_secondary, auth_private_key, auth_private_key_passphrase, auth_strict_key, auth_bypass,
// ssh_known_hosts_file, ssh_config_file, timeout_socket, timeout_transport, timeout_ops (seconds),
// comms_prompt_pattern, textfsm_platform, textfsm_templates; `legacy` of ssh::Options; and name,
// groups, and data, a mapping of words to filter by. Short names are username, password, secret
// (auth_secondary), private_key, passphrase, strict_key, known_hosts. Relative paths begin where
// the file lies.
//
// A secret (password, secret, passphrase) is better kept elsewhere:
//
//   env:NAME      the environment variable
//   file:PATH     the first line of a file
//   prompt        asked on the terminal, without echo; prompt:TEXT asks with that text. What has
//                 the same text is asked once.
//   text:WORD     WORD itself, should it begin with one of these
//   anything else is the secret itself
//
// All of a file is checked when it is read, and what is wrong is told together. No message repeats
// what could be a password.

namespace rondo::devices {

/// What is wrong with an inventory: a line for each mistake, beginning with file:line.
class InventoryError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// Where a secret comes from.
class SecretSource {
 public:
  enum class Kind { text, environment, file, prompt };

  SecretSource() = default;

  Kind kind = Kind::text;
  std::string name;  ///< the variable, the path, or the question; empty for text
  ssh::Secret text;  ///< when it stands in the file
};

/// A device of the inventory.
class InventoryDevice {
 public:
  InventoryDevice() = default;

  std::string name;                 ///< the host, unless it has another
  Options options;                  ///< its secrets are there after Inventory::prepare
  std::vector<std::string> groups;  ///< and the groups of these
  std::map<std::string, std::string, std::less<>> data;
  std::string where;                                         ///< "devices.yaml:3"
  std::map<std::string, SecretSource, std::less<>> secrets;  ///< by the key, "auth_password"
};

/// Asks somebody for a secret. Throws when there is nobody.
using AskSecret = std::function<ssh::Secret(const std::string& question)>;

/// On the terminal of the process, without echo, whatever standard input is. It blocks the thread.
/// Throws InventoryError when there is no terminal, or when no line comes; KeyboardInterrupt
/// after Ctrl-C.
ssh::Secret ask_on_terminal(const std::string& question);

class Inventory {
 public:
  /// Reads a file. `platform` is for devices that name none. Throws InventoryError, also when the
  /// file cannot be read.
  static Inventory load(const std::string& path, const std::string& platform = {});
  /// The same of a text; `path` is for messages, and for where relative paths begin.
  static Inventory parse(std::string_view text, const std::string& path,
                         const std::string& platform = {});

  /// Keeps those devices to which all expressions apply. An expression is alternatives with commas
  /// between them, each of which is a word, which applies to a device of that name or host or in
  /// that group, or KEY=WORD, where the key is name, host, port, group, platform, transport or one
  /// of `data`; KEY!=WORD is the opposite. Words may have the wildcards *, ? and [] as the shell's.
  /// Throws InventoryError for a key that no device has, and when no device is left.
  void filter(const std::vector<std::string>& expressions);

  /// Gets the secrets of all devices, and sees to it that the files are there that they name.
  /// Throws InventoryError with all that is missing; then, if anything is to be asked for, nothing
  /// was.
  void prepare(const AskSecret& ask = ask_on_terminal);

  const std::vector<InventoryDevice>& devices() const noexcept { return devices_; }
  /// For changes that apply to all devices, of a time-out for example.
  std::vector<InventoryDevice>& devices() noexcept { return devices_; }
  /// What is no mistake, but unwise: passwords in files that everybody can read.
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  Inventory() = default;

  std::string path_;
  std::vector<InventoryDevice> devices_;  // in the order of the file; their names are distinct
  std::vector<std::string> warnings_;
};

}  // namespace rondo::devices
