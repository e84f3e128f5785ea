// The commands of a virtual IOS router: one table of syntaxes and what each does. A new command is
// one line in the table and one function; the terminal (ios.h) and the grammar need no change.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>

#include <rondo/lab/ios_device.h>
#include <rondo/lab/ios_grammar.h>

namespace rondo::lab {

// One session's line on the router, what IOS calls a vty: where the user is, and the terminal's
// settings. Commands read and change it; the device is shared, the vty is one session's own.
struct IosVty {
  IosDevice& device;
  std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;

  IosMode mode = exec_mode;   // any but behind_do
  std::string interface{};    // in full; set in interface_mode alone
  unsigned length = 24;       // lines of a page; 0: no paging
  unsigned width = 80;        // columns; kept, but nothing is wrapped
  bool length_typed = false;  // by `terminal length`: the window's size no longer counts
  bool wants_secret = false;  // `enable` waits for its password
  bool closed = false;        // the user has left
};

std::span<const IosCommand> ios_commands();

}  // namespace rondo::lab
