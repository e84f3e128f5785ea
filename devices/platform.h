#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/devices/pattern.h>

// Platform: what a driver has to know of a kind of device, as data.
//
// A definition is a YAML file; those of devices/platforms are compiled in, and one of your own is
// read by `load_platform` or named in Options::platform. Its keys:
//
//   platform: cisco_iosxe                 # the name
//   names: [cisco_ios]                    # others
//   textfsm_platform: cisco_ios           # in ntc-templates; the name if it is missing
//   privilege_levels:                     # a tree; the first one has no `previous`
//     - name: privilege_exec
//       pattern: '^[\w.\-]{1,63}#\s?$'    # of the prompt, see Pattern
//       not_contains: ['(config)']        # texts that no prompt of this level has
//       previous: exec                    # the level below
//       escalate: enable                  # the command that leads here from there
//       deescalate: disable               # and back
//       escalate_auth: true               # `escalate` may ask for auth_secondary
//       escalate_prompt: '^password:\s?$' # how it asks
//       deescalate_questions: []          # what `deescalate` may ask, see below
//   default_desired_privilege_level: privilege_exec
//   configuration_level: configuration    # where send_configs goes; none if it is missing
//   configuration_session:                # a level that is named by the user
//     pattern: '\(config\-s\-{name:6}\)#$'  # {name}: its name; {name:6}: the beginning of it
//     previous: privilege_exec
//     escalate: configure session {name}
//     deescalate: end
//     abort: [abort]
//     commit: commit
//   abort: [abort]                        # commands that drop what was configured
//   commit: commit
//   commit_comment: commit comment {comment}
//   commit_questions: []                  # what it may ask
//   commit_failed_when_contains: [...]    # besides failed_when_contains
//   failed_when_contains: ['% Invalid']   # texts in the output of a command that has failed
//   paging:                               # what stands at the end of a page, and what to type
//     - {pattern: '--More--\s?$', answer: ' '}
//   output_heading: '^...$'               # a line above each output that is no part of it
//   on_open: [terminal length 0]          # commands after the login; see below
//   on_close: [exit]                      # and before the end
//   username_suffix: +ct200w              # behind the user's name
//   username_prompt: 'login:\s?$'         # how the terminal asks, if in an unusual way
//   password_prompt: 'password:\s?$'
//   return: "\n"                          # what the return key sends
//   interrupt: "\x03"                     # what ends a command that runs: Ctrl-C
//   detect:                               # see detect.h
//     - {command: show version, pattern: 'Cisco IOS'}
//
// A command of `on_open` that asks something is a mapping:
//   - command: _cmdline-mode on
//     questions:
//       - {pattern: '\[Y/N\]', answer: Y}
//       - {pattern: 'password:\s?$', secret: true}   # auth_secondary
//       - {pattern: '...', answer: 'no', error: why this is one}

namespace rondo::devices {

/// A question that a device asks, and what to say.
class Question {
 public:
  Question() = default;

  Pattern pattern;      ///< of the question, which stands at the end of the output
  std::string answer;   ///< followed by a return; of a page, not
  bool secret = false;  ///< the answer is auth_secondary
  std::string error;    ///< not empty: that it was asked is a PrivilegeError with this text
};

/// A command that may ask something.
class Step {
 public:
  Step() = default;

  std::string command;
  std::vector<Question> questions;
};

/// A level of privilege: what its prompt looks like, and how it is reached.
class PrivilegeLevel {
 public:
  PrivilegeLevel() = default;

  /// The prompt of this level at the end of a text; where it begins.
  std::optional<Pattern::Match> prompt_at_end(std::string_view text) const;

  std::string name;
  Pattern pattern;
  std::vector<std::string> not_contains;
  std::string previous;  ///< empty: the level at the bottom
  std::string escalate;
  std::string deescalate;
  bool escalate_auth = false;
  Pattern escalate_prompt;
  std::vector<Question> deescalate_questions;
  std::vector<std::string> abort;  ///< commands; of a session, otherwise the platform's
  std::string commit;
};

/// How a configuration session is made of its name.
class SessionTemplate {
 public:
  SessionTemplate() = default;

  std::string pattern;   ///< with {name} or {name:6}
  PrivilegeLevel level;  ///< without name and pattern, with {name} in `escalate`
};

/// How a platform is told from others.
class Detection {
 public:
  Detection() = default;

  std::string command;
  Pattern pattern;  ///< in what the command says
};

class Platform {
 public:
  Platform() = default;

  /// The level of a name, or null.
  const PrivilegeLevel* find_level(std::string_view level) const noexcept;

  std::string name;
  std::vector<std::string> names;
  std::string textfsm_platform;
  std::vector<PrivilegeLevel> privilege_levels;
  std::string default_desired_privilege_level;
  std::string configuration_level;  ///< empty: there is none
  std::optional<SessionTemplate> configuration_session;
  std::vector<std::string> abort;
  std::string commit;
  std::string commit_comment;  ///< with {comment}
  std::vector<Question> commit_questions;
  std::vector<std::string> commit_failed_when_contains;
  std::vector<std::string> failed_when_contains;
  std::vector<Question> paging;
  Pattern output_heading;
  std::vector<Step> on_open;
  std::vector<std::string> on_close;
  std::string username_suffix;
  Pattern username_prompt;
  Pattern password_prompt;
  std::string return_key = "\n";
  std::string interrupt = "\x03";
  std::vector<Detection> detect;
};

using PlatformPtr = std::shared_ptr<const Platform>;

/// Reads a definition. Throws PlatformError, which names file and line, what is wrong there and
/// what would be right.
PlatformPtr load_platform(const std::string& path);
/// The same of a text; `path` is for messages.
PlatformPtr parse_platform(std::string_view text, const std::string& path);

/// The platform that is built in under this name, "cisco_iosxe" or "cisco_ios"; a name with a slash
/// or with the ending .yaml is that of a file. Throws UnsupportedPlatform, which lists the names;
/// PlatformError as load_platform does. From any thread.
PlatformPtr find_platform(const std::string& name);
/// The names of those that are built in, without the other names that they have.
std::vector<std::string> platform_names();

}  // namespace rondo::devices
