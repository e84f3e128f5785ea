// The terminal of a virtual IOS router: typed bytes go in, bytes to show come out. It knows
// nothing of sockets, so a test can drive it, and any transport can carry it.
//
//   state    left by                                         for
//   editing  a line                                          editing, secret, paging, busy, closed
//   secret   the right password, or three wrong ones         editing
//   paging   the last line, or any key but space and return  editing
//   busy     the pause that the last turn asked for          editing, paging, closed
//   closed   -                                               -
//
// A router that is slow says so instead of sleeping: a turn may ask its caller to wait. What is
// typed meanwhile is kept and read afterwards, as IOS does with type-ahead.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <rondo/lab/ios_commands.h>
#include <rondo/lab/ios_device.h>
#include <rondo/lab/ios_grammar.h>

namespace rondo::lab {

class IosTerminal {
 public:
  using Clock = std::function<std::chrono::system_clock::time_point()>;

  struct Turn {
    std::string bytes;  // to send now
    std::chrono::milliseconds pause{
        0};  // then wait so long and call turn() again; 0: wait for keys
  };

  // The device must outlive the terminal. `now` is what `show clock` shows.
  explicit IosTerminal(IosDevice& device, Clock now = std::chrono::system_clock::now);

  // Begins an interactive session: the next turn shows the prompt.
  void open_shell();

  // Runs one show command instead, unprivileged, with no echo, prompt or paging, and closes.
  void execute(std::string_view line);

  // The size of the user's window; 0 means not known. Its rows are the length of a page until
  // `terminal length` is typed.
  void resize(unsigned columns, unsigned rows);

  // Keeps what the user typed for the next turn. More than 64 KiB unread are dropped.
  void type(std::string_view bytes);

  // Reads what was typed until nothing is left or the router is busy.
  Turn turn();

  // The user has left: send what the turn returned, then hang up.
  bool closed() const { return state_ == State::closed; }

 private:
  enum class State { editing, secret, paging, busy, closed };
  enum class Escape { none, begun, within };  // an arrow key or the like is being skipped

  void take(char typed);
  bool skip_escape(char typed);
  void edit(char typed);
  void erase(std::size_t characters);
  void interrupt();
  void end_line();
  void check_secret();
  void run_line(const std::string& line);
  IosMatch match(const std::string& line) const;
  void run(const IosMatch& match);
  void show(std::string text);
  void show_lines(std::size_t most);
  void turn_page(char typed);
  void show_caret(std::size_t offset);
  void prompt();

  IosVty vty_;
  State state_ = State::editing;
  bool interactive_ = true;  // false: execute()
  Escape escape_ = Escape::none;
  bool after_return_ = false;       // the last byte was "\r": a "\n" behind it says nothing new
  bool end_configuration_ = false;  // Ctrl-Z was typed: the next prompt is r1#
  unsigned wrong_secrets_ = 0;
  std::size_t prompt_length_ = 0;       // of the prompt on the screen, for the caret
  std::string typed_;                   // not read yet
  std::string line_;                    // being edited; while in state secret, the password
  IosMatch pending_;                    // the command that is to run; in state busy alone
  std::chrono::milliseconds pause_{0};  // to ask for with this turn; pending_ runs in the next
  std::string output_;                  // what the commands said and the screen does not show yet
  std::string bytes_;                   // to send with this turn
};

}  // namespace rondo::lab
