#include "fake_device.h"

#include <utility>

#include <rondo/runtime.h>

namespace rondo::tests {

class FakeTransport final : public devices::Transport {
 public:
  explicit FakeTransport(FakeDevice& device) : device_(device) {}

  Coroutine<void> open() override {
    device_.open();
    co_return;
  }
  Coroutine<std::string> read() override {
    const std::shared_ptr<StreamReader> reader = device_.reader_;
    co_await sleep(Duration::zero());  // as a network would: others have their turn
    const std::ptrdiff_t most =
        device_.piece == 0 ? 65536 : static_cast<std::ptrdiff_t>(device_.piece);
    co_return co_await reader->read(most);
  }
  void write(std::string_view bytes) override { device_.type(bytes); }
  Coroutine<void> close() override {
    ++device_.closed;
    co_return;
  }
  bool isalive() const noexcept override { return !device_.reader_->at_eof(); }

 private:
  FakeDevice& device_;
};

devices::Options FakeDevice::options(const std::string& platform) {
  devices::Options options;
  options.host = "r1";
  options.platform = platform;
  options.auth_username = "admin";
  options.auth_password = "Correct-Horse-7";
  options.auth_secondary = "nevertell";
  options.transport_factory = [this](const devices::Options&) {
    return std::make_unique<FakeTransport>(*this);
  };
  return options;
}

void FakeDevice::open() {
  ++opened;
  reader_ = std::make_shared<StreamReader>();
  line_.clear();
  say(greeting);
  if (show_prompt) show_the_prompt();
}

void FakeDevice::say(std::string_view text) {
  std::string bytes;
  for (const char c : text) {
    if (c == '\n') bytes += '\r';
    bytes += c;
  }
  say_raw(bytes);
}

void FakeDevice::say_later(std::chrono::milliseconds delay, std::string text) {
  const std::shared_ptr<StreamReader> reader = reader_;
  get_running_loop().call_later(delay, [reader, text = std::move(text)] {
    if (!reader->at_eof()) reader->feed_data(text);
  });
}

void FakeDevice::type(std::string_view bytes) {
  for (const char c : bytes) {
    const bool ends_return = std::exchange(after_return_, c == '\r') && c == '\n';
    if (ends_return || (on_key && on_key(c))) continue;
    if (c == '\x03') {  // Ctrl-C
      line_.clear();
      say("^C\n");
      show_the_prompt();
    } else if (c == '\x1e') {
      continue;  // ends commands that run, and none does
    } else if (c == '\r' || c == '\n') {
      end_line();
    } else {
      line_ += c;
      if (!hide_input) show(c);
    }
  }
}

void FakeDevice::show(char typed) {
  const std::string text(1, typed);
  const bool at_margin = line_.size() % 20 == 0;
  switch (echo) {
    case Echo::none:
      return;
    case Echo::plain:
      return say_raw(text);
    case Echo::coloured:
      return say_raw("\x1b[1;3" + std::to_string(line_.size() % 8) + "m" + text + "\x1b[0m");
    case Echo::wrapped:
      return say_raw(text + (at_margin ? " \r\n" : ""));
    case Echo::overwritten:
      return say_raw(text + (at_margin ? " \r" : ""));
    case Echo::redrawn:
      say_raw(text);
      if (!at_margin) return;
      say_raw(std::string(line_.size(), '\b') + std::string(line_.size(), ' ') +
              std::string(line_.size(), '\b') + line_);
      return;
    case Echo::scrolled:
      if (line_.size() <= 40) return say_raw(text);
      if (!at_margin) return say_raw(text);
      say_raw(std::string(41, '\b') + "$" + line_.substr(line_.size() - 20) + std::string(20, ' ') +
              std::string(20, '\b'));
      return;
    case Echo::late:
      return say_later(std::chrono::seconds(5), text);
  }
}

void FakeDevice::end_line() {
  const std::string line = std::exchange(line_, {});
  lines.push_back(line);
  say("\n");
  show_prompt = true;
  hide_input = false;
  if (on_line) on_line(line);
  if (show_prompt) show_the_prompt();
}

FakeIos::FakeIos(FakeDevice& device) : device_(device) {
  device_.prompt = hostname + mode;
  device_.on_line = [this](const std::string& line) {
    run(line);
    device_.prompt = hostname + mode;
  };
}

void FakeIos::run(const std::string& line) {
  if (secrets_asked_ > 0) {
    if (line == "nevertell") {
      secrets_asked_ = 0;
      mode = "#";
    } else if (++secrets_asked_ <= 3) {
      device_.say("Password: ");
      device_.hide_input = true;
      device_.show_prompt = false;
    } else {
      secrets_asked_ = 0;
      device_.say("% Bad secrets\n\n");
    }
    return;
  }
  const auto output = outputs.find(line);
  if (line.empty()) {
    return;
  } else if (output != outputs.end()) {
    device_.say(output->second);
  } else if (line == "enable" && mode == ">") {
    secrets_asked_ = 1;
    device_.say("Password: ");
    device_.hide_input = true;
    device_.show_prompt = false;
  } else if (line == "disable") {
    mode = ">";
  } else if (line == "configure terminal" && mode == "#") {
    device_.say("Enter configuration commands, one per line.  End with CNTL/Z.\n");
    mode = "(config)#";
  } else if (line == "end") {
    mode = "#";
  } else if (line == "exit") {
    device_.show_prompt = false;
    device_.hang_up();
  } else if (mode.starts_with("(config") && line.starts_with("interface ")) {
    mode = "(config-if)#";
  } else if (mode.starts_with("(config") && line.starts_with("hostname ")) {
    hostname = line.substr(9);
  } else if (mode == "(config-if)#" && line.starts_with("description ")) {
    return;
  } else {
    device_.say("            ^\n% Invalid input detected at '^' marker.\n\n");
  }
}

}  // namespace rondo::tests
