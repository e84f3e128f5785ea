// What may be wrong with a device, so that clients can be tried at it: the personas of the lab.
// Each is a word in the list `faults` of a router, and may be dealt out by share on the command
// line.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace rondo::lab {

enum class Fault {
  banner,             // a text with lines that end in # and > before the first prompt
  single_byte_echo,   // each character comes back in a packet of its own
  colored_echo,       // with ANSI sequences around each character
  wrapped_echo,       // with a blank and a backspace wherever a screen of 80 columns ends
  hostile_output,     // show commands end with a line that would command a terminal
  paging_stays,       // pages even after the length 0
  bad_secret,         // no secret is right
  wrong_password,     // no password is right
  hang,               // the first show command stops in the middle and nothing follows
  cut,                // the same, and the connection is reset
  half_close,         // the same, and the device sends an end of file, but goes on reading
  endless,            // show commands never end, until Ctrl-C
  slow_login,         // the first prompt takes three seconds, see Router::login_delay
  silent,             // says nothing until a key was typed
  mute,               // accepts connections and says nothing at all
  closed_port,        // nothing listens
  unknown_key,        // its key is not in the known_hosts file
  legacy_algorithms,  // SSH with group14-sha1, ssh-rsa, aes128-cbc, hmac-sha1 alone
  two_line_prompt,    // Junos: {master:0} stands above the prompt
};

using Faults = std::set<Fault>;

struct FaultName {
  Fault fault;
  std::string_view name;  // as YAML and the command line have it: "single_byte_echo"
};
std::span<const FaultName> fault_names();

std::optional<Fault> find_fault(std::string_view name);

// "banner, single_byte_echo, ...": all there are, for whoever has to choose.
std::string fault_list();

}  // namespace rondo::lab
