#pragma once

// The devices of chapter 5, as options for the drivers. The file is a
// list as in devices.h, with three keys more:
//
//   - name: r1
//     platform: cisco_iosxe
//     transport: telnet         # optional: ssh

#include <string>
#include <vector>

#include <fmt/format.h>

#include <rondo/devices.h>

#include "devices.h"

namespace devices = rondo::devices;

inline devices::Options options_in(const DeviceEntry& entry) {
  devices::Options options;
  options.host = entry.required<std::string>("host");
  options.port = entry.optional<std::uint16_t>("port", 0);
  options.platform = entry.required<std::string>("platform");
  options.transport = entry.optional<std::string>("transport", "ssh");
  options.auth_username = entry.required<std::string>("username");
  options.auth_password = entry.required<std::string>("password");
  options.auth_secondary = entry.required<std::string>("secret");
  options.ssh_known_hosts_file =
      entry.optional<std::string>("known_hosts", "");
  return options;
}

// All devices of a file. Throws DevicesError.
inline std::vector<devices::Options> load_options(
    const std::string& file) {
  std::vector<devices::Options> all;
  for (const DeviceEntry& entry : load_entries(file)) {
    all.push_back(options_in(entry));
  }
  return all;
}

// The device of that name in network.yaml. Throws DevicesError.
inline devices::Options options_for(const std::string& name) {
  for (const DeviceEntry& entry : load_entries("network.yaml")) {
    if (entry.required<std::string>("name") == name) {
      return options_in(entry);
    }
  }
  throw DevicesError("network.yaml: there is no device " + name);
}
