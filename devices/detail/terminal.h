#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/devices/detail/prompts.h>
#include <rondo/devices/detail/redactor.h>
#include <rondo/devices/detail/screen.h>
#include <rondo/devices/options.h>
#include <rondo/devices/platform.h>
#include <rondo/devices/transport.h>

// Terminal: the conversation with a device. It types, waits for the echo of what it has
// typed, and reads until a prompt or a question comes; pages are turned on the way.
//
// The echo keeps the two sides in step: only when the device has repeated a command is the return
// sent, and all that it said before, late prompts and messages included, is forgotten. An echo that
// never comes costs Options::timeout_echo, and nothing else.

namespace rondo::devices::detail {

class Terminal {
 public:
  static constexpr std::size_t prompt = static_cast<std::size_t>(-1);

  /// Options, platform, prompts and redactor must outlive this.
  Terminal(std::unique_ptr<Transport> transport, const Options& options, const Platform& platform,
           Prompts& prompts, Redactor& redactor);

  Transport& transport() noexcept { return *transport_; }
  /// Has the device ended the connection?
  bool has_ended() const noexcept { return has_ended_; }

  void write(std::string_view text) { transport_->write(text); }
  /// From now on the secret is blotted out of the log.
  void write_secret(const ssh::Secret& secret);
  /// Forgets what was read, and presses the return key.
  void send_return();
  /// Only presses it.
  void press_return() { transport_->write(return_key()); }

  /// Types a line and waits for its echo; then presses return.
  Coroutine<void> type(std::string line);
  /// Types what has no echo, and presses return.
  void type_secret(const ssh::Secret& secret);

  /// Reads until one of the patterns is found in the last lines: yields its number; or until a
  /// prompt comes: yields `prompt`. The patterns must stay until then.
  Coroutine<std::size_t> read_until(const std::vector<Pattern>& patterns);
  /// Reads until a prompt comes.
  Coroutine<void> read_until_prompt();
  /// Finds out what the prompt is, by asking for it twice.
  Coroutine<void> find_prompt();

  /// Reads what comes next. False: nothing has, for so long; zero waits for ever. Throws
  /// ConnectionError when the connection has ended.
  Coroutine<bool> receive(Duration quiet = Duration::zero());

  /// What was read since the last return, as it shows on a screen; only its last lines.
  const std::string& text() const noexcept { return screen_.text(); }
  std::string_view tail() const noexcept;
  void forget();
  /// Accepts the prompt that the text ends with, if there is one.
  bool accept_prompt();
  /// Turns the page when the device waits for that.
  bool turn_page();

  /// The last prompt that was read, without blanks around it.
  const std::string& last_prompt() const noexcept { return last_prompt_; }
  /// What the command said, once its prompt was read: without it, or with it.
  std::string take_output(bool with_prompt);
  /// The same as it came, byte by byte.
  std::string take_raw() noexcept;

  /// For error texts: what is being waited for, and what came last, without secrets.
  const std::string& waiting_for() const noexcept { return waiting_for_; }
  void wait_for(std::string what) { waiting_for_ = std::move(what); }
  std::string last_output() const;

  /// Gives the log what was held back.
  void finish_log();

 private:
  bool has_echo(std::string_view wanted) const;
  void take_in(std::string_view bytes);
  void take_prompt(std::size_t begin);
  std::string_view return_key() const noexcept;

  std::unique_ptr<Transport> transport_;
  const Options& options_;
  const Platform& platform_;
  Prompts& prompts_;
  Redactor& redactor_;
  Screen screen_;
  std::string raw_;                               // what the screen was fed since the last return
  std::string typed_;                             // the line before the return, squeezed
  std::size_t prompt_begin_ = std::string::npos;  // in the text, once a prompt was read
  bool newline_wanted_ = false;  // a prompt counts only behind the newline that answers a return
  std::string last_prompt_;
  std::string waiting_for_;
  bool has_ended_ = false;
};

}  // namespace rondo::devices::detail
