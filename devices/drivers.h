#pragma once

#include <string>
#include <utility>

#include <rondo/devices/network_driver.h>

// Drivers by the name of their platform: as a word, or as a type.

namespace rondo::devices {

/// The driver of a platform: `auto router = make_driver("cisco_iosxe", options);`, scrapli's
/// factory. See find_platform for the names, and NetworkDriver for what is thrown.
NetworkDriver make_driver(std::string platform, Options options);
/// Of the platform that the options name.
NetworkDriver make_driver(Options options);

class IOSXEDriver : public NetworkDriver {
 public:
  explicit IOSXEDriver(Options options)
      : NetworkDriver(find_platform("cisco_iosxe"), std::move(options)) {}
};

class NXOSDriver : public NetworkDriver {
 public:
  explicit NXOSDriver(Options options)
      : NetworkDriver(find_platform("cisco_nxos"), std::move(options)) {}
};

class IOSXRDriver : public NetworkDriver {
 public:
  explicit IOSXRDriver(Options options)
      : NetworkDriver(find_platform("cisco_iosxr"), std::move(options)) {}
};

class EOSDriver : public NetworkDriver {
 public:
  explicit EOSDriver(Options options)
      : NetworkDriver(find_platform("arista_eos"), std::move(options)) {}
};

class JunosDriver : public NetworkDriver {
 public:
  explicit JunosDriver(Options options)
      : NetworkDriver(find_platform("juniper_junos"), std::move(options)) {}
};

}  // namespace rondo::devices
