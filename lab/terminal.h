// The terminal of a virtual device: typed bytes go in, bytes to show come out. It knows nothing of
// sockets, so a test can drive it, and any transport can carry it. What its command line
// understands and says is its platform's (platform.h); what is wrong with it are its faults.
//
//   state      left by                                         for
//   silent     any key (only with the fault of that name)      editing
//   editing    a line                                          asking, paging, busy, ..., closed
//   asking     the answer, or Ctrl-C                           as editing
//   paging     the last line, or any key but space and return  editing
//   busy       the pause that the last turn asked for          as editing
//   streaming  Ctrl-C (the output is endless)                  editing
//   stuck      -                                               -
//   closed     -                                               -
//
// A device that is slow says so instead of sleeping: a turn may ask its caller to wait. What is
// typed meanwhile is kept and read afterwards, as IOS does with type-ahead.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <rondo/lab/device.h>
#include <rondo/lab/grammar.h>
#include <rondo/lab/vty.h>

namespace rondo::lab {

// What is typed beyond it is not taken: IOS's own limit.
constexpr std::size_t longest_line = 254;

class Terminal {
 public:
  using Clock = std::function<std::chrono::system_clock::time_point()>;

  // What becomes of the connection when the bytes are sent.
  enum class After { goes_on, half_closed, cut };

  struct Turn {
    std::string bytes;  // to send now
    std::chrono::milliseconds pause{
        0};  // then wait so long and call turn() again; 0: wait for keys
    After after = After::goes_on;
  };

  // The device must outlive the terminal. `now` is what `show clock` shows.
  explicit Terminal(Device& device, Clock now = std::chrono::system_clock::now);

  // Begins an interactive session: the next turn shows the prompt.
  void open_shell();

  // Runs one show command instead, with no echo, prompt or paging, and closes.
  void execute(std::string_view line);

  // The size of the user's window; 0 means not known. Its rows are the length of a page until
  // `terminal length` is typed.
  void resize(unsigned columns, unsigned rows);

  // Keeps what the user typed for the next turn. More than 64 KiB unread are dropped.
  void type(std::string_view bytes);

  // Reads what was typed until nothing is left or the device is busy.
  Turn turn();

  // The user has left: send what the turn returned, then hang up.
  bool closed() const { return state_ == State::closed; }

 private:
  enum class State { silent, editing, asking, paging, busy, streaming, stuck, closed };
  enum class Escape { none, begun, within };  // an arrow key or the like is being skipped

  // terminal.cpp: keys
  bool has(Fault fault) const;
  void greet();
  void resume();
  void take(char typed);
  bool skip_escape(char typed);
  void edit(char typed);
  void echo(char typed);
  bool hidden() const;
  void erase(std::size_t characters);
  void interrupt();
  void end_line();
  void answer(const std::string& text);

  // terminal_output.cpp: lines
  void run_line(const std::string& line);
  Match match(const std::string& line) const;
  void run(const Match& match);
  void say(const Reply& reply, const Match& match);
  void refuse(std::string_view text, const std::string& line, std::size_t offset);
  void show(std::string text, bool pages);
  bool break_off(const std::string& text);
  void stream();
  unsigned page() const;
  void show_lines(std::size_t most);
  void turn_page(char typed);
  void prompt();

  Vty vty_;
  State state_ = State::editing;
  bool interactive_ = true;  // false: execute()
  Escape escape_ = Escape::none;
  bool after_return_ = false;           // the last byte was "\r": a "\n" behind it says nothing new
  bool end_configuration_ = false;      // Ctrl-Z was typed: the next prompt is r1#
  std::size_t prompt_length_ = 0;       // of the prompt on the screen, for the caret
  std::size_t streamed_ = 0;            // lines of endless output so far
  std::string typed_;                   // not read yet
  std::string line_;                    // being edited; while in state asking, the answer
  Match pending_;                       // the command that is to run; in state busy alone
  std::chrono::milliseconds pause_{0};  // to ask for with this turn; pending_ runs in the next
  After after_ = After::goes_on;        // to say with this turn
  std::string output_;                  // what the commands said and the screen does not show yet
  std::string bytes_;                   // to send with this turn
};

}  // namespace rondo::lab
