// One session's line on a device, what Cisco calls a vty: where the user is, what the terminal is
// set to, and what was configured but not committed. Commands read and change it; the device is
// shared by all sessions, the vty is one session's own.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <rondo/lab/device.h>
#include <rondo/lab/grammar.h>
#include <rondo/lab/platform.h>

namespace rondo::lab {

// What a command asks back. The next line (or key) is the answer and no command.
struct Question {
  enum class Answer {
    line,    // echoed, up to the return
    secret,  // up to the return, with no echo
    key,     // one key, as at "[confirm]"
  };
  std::string text;
  Answer kind = Answer::line;
  Reply (*answered)(Vty&, const std::string& answer) = nullptr;
};

// Configuration that waits for a commit.
struct Candidate {
  std::string session;  // its name; empty: nameless, as on IOS-XR and Junos
  std::vector<Change> changes;
  std::string failure{};  // why the last commit failed; empty: it did not
};

struct Vty {
  explicit Vty(Device& where, std::function<std::chrono::system_clock::time_point()> clock =
                                  std::chrono::system_clock::now);
  ~Vty();
  Vty(const Vty&) = delete;
  Vty& operator=(const Vty&) = delete;

  Device& device;
  const Platform& platform;
  std::function<std::chrono::system_clock::time_point()> now;

  Mode mode;                  // any but behind_do
  std::string place{};        // "interface Loopback0"; empty at the top of the configuration
  std::string line{};         // the command that runs, its keywords in full
  unsigned length = 24;       // lines of a page; 0: no paging
  unsigned width = 80;        // columns; kept, but nothing is wrapped
  bool length_typed = false;  // by `terminal length`: the window's size no longer counts
  bool stamps;                // the time stands above each output
  std::vector<LineFilter> filters{};  // the pipes behind the command that runs
  unsigned wrong_secrets = 0;
  std::optional<Question> question{};
  std::optional<Candidate> candidate{};
  bool closed = false;  // the user has left

  // As the user sees it: the device's state, and above it what is not committed.
  DeviceState state() const;

  // Makes the change at once, or keeps it for the commit when there is a candidate. `line` is what
  // was typed within `place`.
  void change(std::string text, std::function<void(DeviceState&)> apply);

  // The full name of the interface that is being configured.
  std::string interface() const;
  // Runs `apply` on it.
  void change_interface(std::function<void(DeviceInterface&)> apply);

  // Out of configuration; a candidate is gone, and so is a lock.
  void leave_configuration();
};

}  // namespace rondo::lab
