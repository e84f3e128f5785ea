// Commands that several platforms have, and that do the same there. Where only a text differs, the
// platform has a function of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <rondo/lab/vty.h>

namespace rondo::lab {

using Arguments = std::span<const Argument>;

// Where a user may be: before configuration, and within it.
constexpr Mode any_exec = exec_mode | privileged_mode;
constexpr Mode any_configuration = configuration_mode | interface_mode | section_mode;

inline Reply says(std::string text) {
  return {std::move(text), std::nullopt};
}

// Makes a command of a function that only has something to show.
template <std::string (*text)(const Vty&)>
Reply shows(Vty& vty, Arguments) {
  return says(text(vty));
}

// A command whose answer is always the same.
template <const auto& text>
Reply always_says(Vty&, Arguments) {
  return says(std::string(text));
}

// For arguments whose range the grammar has checked.
unsigned number_of(const Argument& argument);

// --- exec
Reply enable(Vty& vty, Arguments arguments);
Reply enable_level(Vty& vty, Arguments arguments);  // <0-15>
Reply disable(Vty& vty, Arguments arguments);
Reply leave(Vty& vty, Arguments arguments);
Reply nothing(Vty& vty, Arguments arguments);  // accepted, and of no effect
Reply terminal_length(Vty& vty, Arguments arguments);
Reply terminal_width(Vty& vty, Arguments arguments);
Reply configure_terminal(Vty& vty, Arguments arguments);

// Asks, and on return or "y" hangs up, as a device that begins anew.
Reply reload(Vty& vty, Arguments arguments);
// Asks, and does nothing whatever the answer is.
Reply clear_logging(Vty& vty, Arguments arguments);
Reply clear_counters(Vty& vty, Arguments arguments);
// "Destination filename [startup-config]? "
Reply ask_for_filename(Vty& vty, Reply (*answered)(Vty&, const std::string&));
// Is this the return, or the "y", that goes on?
bool confirms(const std::string& answer);

// --- configuration
Reply end(Vty& vty, Arguments arguments);
Reply leave_section(Vty& vty, Arguments arguments);  // one level up, to (config)
Reply hostname(Vty& vty, Arguments arguments);
Reply no_hostname(Vty& vty, Arguments arguments);
Reply interface(Vty& vty, Arguments arguments);     // <line>; makes those that are no hardware
Reply no_interface(Vty& vty, Arguments arguments);  // <line>
Reply vlan(Vty& vty, Arguments arguments);          // <1-4094>
Reply no_vlan(Vty& vty, Arguments arguments);
Reply vlan_name(Vty& vty, Arguments arguments);  // <word>
// Goes into the section whose header the line is: "router bgp 65000".
Reply section(Vty& vty, Arguments arguments);
Reply no_section(Vty& vty, Arguments arguments);
// Keeps the line as it stands, for the running configuration; and takes it away again, whatever
// stands behind the words of the syntax.
Reply keep_line(Vty& vty, Arguments arguments);
Reply drop_line(Vty& vty, Arguments arguments);

// --- configuration of one interface
Reply address_and_mask(Vty& vty, Arguments arguments);    // <address> <mask>
Reply address_and_length(Vty& vty, Arguments arguments);  // <prefix>
Reply no_address(Vty& vty, Arguments arguments);
Reply description(Vty& vty, Arguments arguments);
Reply no_description(Vty& vty, Arguments arguments);
Reply shut_down(Vty& vty, Arguments arguments);
Reply no_shutdown(Vty& vty, Arguments arguments);

}  // namespace rondo::lab
