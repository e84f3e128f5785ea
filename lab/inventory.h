// The inventory of a running lab: a YAML file that tells clients where the devices are and how to
// log in.
//
//   devices:
//     - name: r1
//       host: 127.1.0.1
//       port: 2222
//       platform: cisco_iosxe
//       transport: ssh
//       username: cisco
//       password: cisco           # or, when the plan says so, env:NAME
//       secret: cisco             # or env:NAME; absent: enable asks for none
//       known_hosts: known_hosts  # absent: no such file was asked for, or it is telnet
//       groups: [cisco_iosxe, ssh, site1]   # and what is wrong with it
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include <rondo/lab/router.h>
#include <rondo/lab/server.h>

namespace rondo::lab {

struct InventoryOptions {
  std::string known_hosts;   // the path to name; empty: none
  std::string password_env;  // the variable that has the password; empty: it stands in the file
};

// `endpoints` are those of `routers`, in the same order.
std::string inventory_text(std::span<const Router> routers, std::span<const LabEndpoint> endpoints,
                           const InventoryOptions& options);

}  // namespace rondo::lab
