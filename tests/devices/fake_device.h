#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/devices.h>

// A device inside the test: a terminal with an echo, a prompt, and answers that the test gives.

namespace rondo::tests {

/// How the device repeats what is typed.
enum class Echo {
  plain,
  none,
  coloured,     // each character in a colour of its own
  wrapped,      // the line is cut after each 20 characters
  overwritten,  // after each 20 characters the next ones are written over them
  redrawn,      // after each 20 characters the line is wiped by backspaces and written again
  scrolled,     // IOS: only the end of a long line is shown, behind a "$"
  late,         // five seconds later
};

class FakeDevice {
 public:
  FakeDevice() = default;
  FakeDevice(const FakeDevice&) = delete;
  FakeDevice& operator=(const FakeDevice&) = delete;

  // What the device is, before and while it runs.
  std::string greeting;  // before the first prompt, or what asks for the login
  std::string prompt = "r1#";
  Echo echo = Echo::plain;
  std::size_t piece = 0;    // bytes of each read; 0: all there is
  bool hide_input = false;  // nothing is echoed: a password is typed
  bool show_prompt = true;  // after the greeting and after each line; on_line may say otherwise
  /// Called with each line that is typed; says what there is to say.
  std::function<void(const std::string&)> on_line;
  /// Called with each key first; true: that was all that it does.
  std::function<bool(char)> on_key;

  void say(std::string_view text);  // "\n" becomes "\r\n"
  void say_raw(std::string_view bytes) { reader_->feed_data(bytes); }
  void say_later(std::chrono::milliseconds delay, std::string text);
  void show_the_prompt() { say_raw(prompt); }
  void hang_up() { reader_->feed_eof(); }

  // What has happened.
  std::vector<std::string> lines;  // all that were typed
  int opened = 0;
  int closed = 0;

  /// Options of a driver that talks to this device, which must outlive it.
  devices::Options options(const std::string& platform = "cisco_iosxe");

 private:
  friend class FakeTransport;

  void open();
  void type(std::string_view bytes);
  void show(char typed);
  void end_line();

  std::shared_ptr<StreamReader> reader_ = std::make_shared<StreamReader>();
  std::string line_;
  bool after_return_ = false;
};

/// Commands and their output, on a device with IOS' levels: enable (with the secret "nevertell"),
/// configure terminal, hostname. Everything else is invalid input.
class FakeIos {
 public:
  explicit FakeIos(FakeDevice& device);

  std::map<std::string, std::string> outputs = {
      {"show clock", "12:00:00.000 UTC\n"}, {"terminal length 0", ""}, {"terminal width 512", ""}};
  std::string hostname = "r1";
  std::string mode = ">";  // what stands behind the name

 private:
  void run(const std::string& line);

  FakeDevice& device_;
  int secrets_asked_ = 0;
};

/// Does `text` hold `part`?
inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace rondo::tests
