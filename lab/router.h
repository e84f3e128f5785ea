// What a virtual router is before it starts: its name, where it listens, who may log in, and the
// interfaces it has. A description is read from a YAML file, or built by hand in a test, and never
// changes while the lab runs; what a session configures lives in a Device.
//
//   routers:
//     - hostname: r1
//       address: 127.0.100.1        # 127.x.x.x only: these passwords are no secret
//       port: 2222                  # 0 takes a free one
//       username: cisco
//       password: cisco
//       enable_secret: cisco        # optional, as is everything below; without it, enable asks
//                                   # for none
//       platform: cisco_iosxe       # cisco_nxos, cisco_iosxr, arista_eos, juniper_junos
//       transport: ssh              # ssh, telnet
//       privileged: false           # true: begins at r1#; else as is usual for the platform
//       version: 15.2(4)M1
//       uptime: 5 weeks, 3 days, 2 hours, 11 minutes
//       delay: 0.3                  # seconds that each show command takes
//       login_delay: 0              # seconds from the login to the first prompt
//       trusted: true               # false: its key stays out of the known_hosts file
//       faults: [banner, hang]      # what is wrong with it, see faults.h
//       vlans: {10: users, 20: servers}
//       interfaces:
//         - name: GigabitEthernet0/0
//           ip: 192.168.100.1/24    # or unassigned
//           status: up              # up, down, administratively down
//           protocol: up            # up, down
//           description: to the office
//           neighbor: r2 GigabitEthernet0/1  # the other end of its cable
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/lab/faults.h>
#include <rondo/lab/ipv4.h>

namespace rondo::lab {

enum class InterfaceStatus { up, down, administratively_down };

struct Interface {
  std::string name;                         // in full: "GigabitEthernet0/0"
  std::optional<InterfaceAddress> address;  // empty: unassigned
  InterfaceStatus status = InterfaceStatus::up;
  bool protocol_up = true;
  std::string description;
  std::string neighbor;            // a hostname of the same file; empty: nobody is seen there
  std::string neighbor_interface;  // the other end
};

enum class Transport { ssh, telnet };

struct Router {
  std::string hostname;
  std::string address;      // a dotted quad within 127.0.0.0/8
  std::uint16_t port = 22;  // 0: any free port
  std::string username;
  std::string password;
  std::string enable_secret;  // empty: enable asks for none
  std::string platform = "cisco_iosxe";
  Transport transport = Transport::ssh;
  std::optional<bool> privileged;  // begins at the privileged prompt; empty: as the platform does
  std::string version = "15.2(4)M1";
  std::string uptime = "1 hour, 2 minutes";
  std::chrono::milliseconds delay{0};        // what each show command takes
  std::chrono::milliseconds login_delay{0};  // from the login to the first prompt
  bool trusted = true;                       // its key is written to the known_hosts file
  Faults faults;
  std::map<unsigned, std::string> vlans;  // besides number 1
  std::vector<Interface> interfaces;
};

// Sets what the router's faults mean for its other values.
void apply_faults(Router& router);

// The file cannot be read or is not a description of routers. The text names file and line, the
// key, and what would be right; it never repeats a value that could be a password.
class RouterFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Reads and checks the whole file; throws RouterFileError at the first thing that is wrong.
std::vector<Router> load_routers(const std::filesystem::path& path);

// What a description's texts and typed lines are made of.
constexpr bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

// Letters, digits and hyphens, a letter first, 63 characters at most: what all platforms take.
bool valid_hostname(std::string_view text);

}  // namespace rondo::lab
