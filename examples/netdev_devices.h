#pragma once

// The devices of chapter 5 in netdev's words.

#include <string>

#include "drivers.h"

namespace netdev = rondo::devices::netdev;

// The device of that name in network.yaml. Throws DevicesError.
inline netdev::Parameters parameters_for(const std::string& name) {
  const devices::Options options = options_for(name);
  netdev::Parameters parameters;
  parameters.host = options.host;
  parameters.port = options.port;
  parameters.device_type = options.platform;
  parameters.username = options.auth_username;
  parameters.password = options.auth_password;
  parameters.secret = options.auth_secondary;
  parameters.known_hosts = options.ssh_known_hosts_file;
  return parameters;
}
