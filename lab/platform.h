// What makes one platform's command line different from another's, as data: the prompts of its
// modes, its commands, how it refuses a line, how it pages, and how it asks for a login over
// telnet. The terminal (terminal.h) is the same for all. A new platform is one more of these, in a
// file of its own in platforms/, and its name in platform.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/lab/grammar.h>

namespace rondo::lab {

// The prompt of some modes. In it stand for something else:
//   {host}     the hostname                     {user}     who has logged in
//   {session}  "-s" in a configuration session, with its name where the platform shows it
//   {section}  of "router bgp 65000": "router", "bgp" or "router-bgp", see SectionWord
//   {port}     of "interface Ethernet1", as the platform shortens it: "Et1"
//   {path}     Junos: the words behind `edit`
struct PromptText {
  unsigned modes = 0;  // Mode bits
  std::string_view text;
};

enum class SectionWord { first, second, both };

// What is said to a line that is not understood. "{caret}" is a line of its own with a ^ below the
// place; "{line}" is the line, "{word}" the word at the place.
struct Refusals {
  std::string_view ambiguous;
  std::string_view incomplete;
  std::string_view invalid;
  std::string_view unknown;     // the only word of a line, outside configuration
  std::string_view privileged;  // right, but not for this user; empty: as invalid
  std::string_view executed;    // "{line}" may not run without a shell; empty: as in a shell
};

struct Paging {
  std::string_view more;   // shown at the end of a page
  std::string_view erase;  // takes it off the screen
};

struct TelnetLogin {
  std::string_view greeting;
  std::string_view username;
  std::string_view password;
  std::string_view failed;
};

// "GigabitEthernet" is shown as "Gi" in tables.
struct ShortName {
  std::string_view kind;
  std::string_view letters;
};

// The hardware that the show commands tell of, and the names of its interfaces in a made-up lab.
struct Hardware {
  std::string_view model;
  std::string_view version;
  std::string_view uptime;      // as the platform words it
  std::string_view port;        // with "{}" for the number of the port
  unsigned first_port = 0;      // its number
  std::string_view loopback;    // the first one
  std::string_view management;  // empty: none
};

struct Platform {
  std::string_view name;
  Mode first_mode = exec_mode;
  std::span<const PromptText> prompts;
  std::span<const Command> commands;
  Pipes pipes;
  Refusals refusals;
  Paging paging;
  TelnetLogin login;
  std::span<const ShortName> short_names;
  std::span<const std::string_view> virtual_interfaces;  // kinds that `interface` makes
  Hardware hardware;
  SectionWord section_word = SectionWord::first;
  bool shows_session_name = false;  // six letters of it, behind "-s-"
  bool stamps_output = false;       // the time stands above each output

  // What Ctrl-Z and Ctrl-C do in configuration.
  Handler end = nullptr;
  // The line above an output, when the session wants it.
  std::string (*stamp)(const Vty&) = nullptr;
};

// Throws std::out_of_range for a name that is_platform() does not know.
const Platform& platform_of(std::string_view name);
bool is_platform(std::string_view name);
std::vector<std::string_view> platform_names();
std::string platform_list();  // "cisco_iosxe, cisco_nxos, ..."

// What the session's prompt is now, all its lines.
std::string prompt_of(const Vty& vty);

// "Gi0/0" for "GigabitEthernet0/0"; a name of another kind stays as it is.
std::string short_name(const Platform& platform, std::string_view interface);

}  // namespace rondo::lab
