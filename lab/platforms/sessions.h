// Configuration that takes effect with a commit: the named sessions of NX-OS and EOS, and what
// IOS-XR shares with them.
#pragma once

#include <string>

#include <rondo/lab/platforms/common.h>

namespace rondo::lab {

// Enters the session, anew or where it was left.
void enter_session(Vty& vty, const std::string& name);

// Out of configuration. What a session has is kept with the device, under the session's name.
Reply end_session(Vty& vty, Arguments arguments);

// Makes the changes, and leaves configuration; what is wrong when they cannot be made.
std::optional<std::string> commit_session(Vty& vty);

// Out of configuration, and the session is forgotten.
Reply abort_session(Vty& vty, Arguments arguments);

// The changes, each below the place that it belongs to, indented.
std::string changes_text(std::span<const Change> changes, std::string_view indent);

// How a platform writes its configuration.
struct ConfigurationStyle {
  std::string_view indent;
  std::string_view separator;  // between two parts: "!\n"
  std::string_view address;    // with {address}, {mask} and {prefix}
  std::string_view port;       // a line of each interface that has an address; empty: none
  bool tells_no_shutdown = false;
};
std::string interfaces_text(const DeviceState& state, const ConfigurationStyle& style);
std::string vlans_text(const DeviceState& state, const ConfigurationStyle& style);
std::string sections_text(const DeviceState& state, const ConfigurationStyle& style);

}  // namespace rondo::lab
