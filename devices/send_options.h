#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <rondo/devices/pattern.h>
#include <rondo/runtime/clock.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/ssh/secret.h>

// What a command, an interaction or a read can be sent with. (Classes with constructors, which g++
// 12 can bear inside an await.)

namespace rondo::devices {

class GenericDriver;

class SendOptions {
 public:
  SendOptions();

  bool strip_prompt = true;  ///< false: the prompt behind the output stays in the result
  /// Of several commands, none is sent after one that has failed.
  bool stop_on_failed = false;
  /// Instead of the driver's; see Response::failed.
  std::optional<std::vector<std::string>> failed_when_contains;
  std::optional<Duration> timeout_ops;  ///< for each command, instead of the driver's; 0: no limit
  /// Where to send it: a level of the platform or a configuration session. Empty: the driver's
  /// default for commands, the platform's configuration level for configuration.
  std::string privilege_level;
  /// Configuration is sent without waiting for a prompt in between: only the last one waits. For
  /// lines that have none behind them, as those of a banner.
  bool eager = false;
};

/// A step of send_interactive: what to type, and what the device asks then.
class Interaction {
 public:
  /// `next`: what comes after it, see Pattern::expected; empty: a prompt.
  explicit Interaction(std::string text, std::string next = {});
  /// An answer that is not shown, and so has no echo to wait for.
  static Interaction hidden(ssh::Secret text, std::string next = {});

  ssh::Secret input;
  Pattern expected;  ///< empty: a prompt
  bool is_hidden = false;
};

class InteractiveOptions : public SendOptions {
 public:
  InteractiveOptions();

  /// Seen at the end of the output, one of these ends the interaction early. See Pattern::expected.
  std::vector<std::string> interaction_complete_patterns;
};

/// What read_callback looks for, and what it calls then.
class ReadCallback {
 public:
  /// Is given the driver, whose `write` and `send_return` answer, and what has been read; both are
  /// good until its coroutine ends.
  using Callback = std::function<Coroutine<void>(const GenericDriver&, const std::string&)>;

  /// For a text in what was read, in either case.
  ReadCallback(std::string text, Callback call);
  /// A pattern instead.
  ReadCallback(Pattern pattern, Callback call);

  Pattern contains;
  std::string not_contains;  ///< a text that must not be there; empty: none
  Callback callback;         ///< may be empty
  std::string name;          ///< for error texts; empty: the pattern
  bool only_once = false;    ///< called again, it is an error: a device that asks in a circle
  bool reset_output = true;  ///< what was read is forgotten before the next one is looked for
  bool complete = false;     ///< ends the reading
};

}  // namespace rondo::devices
