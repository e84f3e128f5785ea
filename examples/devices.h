// The list of devices that the examples read: a YAML file, a list with
// one entry for each device.
//
//   - host: 192.0.2.1
//     port: 22                # optional: 22
//     username: cisco
//     password: cisco
//     secret: cisco           # the enable password
//     known_hosts: file       # optional: ~/.ssh/known_hosts

#pragma once

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <rondo/ssh.h>

struct Device {
  Device() = default;

  std::string host;
  std::uint16_t port = 22;
  std::string username;
  std::string password;
  std::string secret;
  std::string known_hosts;  // empty: the user's own
};

// The text names the file, the line and the key, never a value: that
// could be a password.
class DevicesError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One entry of the file: hands out its keys, and knows where it stands.
class DeviceEntry {
 public:
  DeviceEntry(std::string file, YAML::Node node)
      : file_(std::move(file)), node_(std::move(node)) {
    if (!node_.IsMap()) fail(node_, "'key: value' lines expected");
  }

  template <class T>
  T required(const char* key) const {
    if (!has(key)) {
      fail(node_, fmt::format("this device has no '{}'", key));
    }
    return value<T>(key);
  }
  template <class T>
  T optional(const char* key, T otherwise) const {
    return has(key) ? value<T>(key) : otherwise;
  }

 private:
  bool has(const char* key) const {
    return node_[key] && !node_[key].IsNull();
  }
  template <class T>
  T value(const char* key) const {
    const YAML::Node node = node_[key];
    try {
      if (node.IsScalar()) return node.as<T>();
    } catch (const YAML::Exception&) {  // is not a T
    }
    fail(node, fmt::format("'{}' has no usable value", key));
  }
  [[noreturn]] void fail(const YAML::Node& node,
                         const std::string& reason) const {
    throw DevicesError(
        fmt::format("{}:{}: {}", file_, node.Mark().line + 1, reason));
  }

  std::string file_;
  YAML::Node node_;  // a map
};

// The entries of a file. Throws DevicesError.
inline std::vector<DeviceEntry> load_entries(const std::string& file) {
  YAML::Node list;
  try {
    list = YAML::LoadFile(file);
  } catch (const YAML::ParserException& error) {
    throw DevicesError(
        fmt::format("{}:{}: {}", file, error.mark.line + 1, error.msg));
  } catch (const std::exception&) {
    throw DevicesError(file + ": cannot be read");
  }
  if (!list.IsSequence() || list.size() == 0) {
    throw DevicesError(file + ":1: a list of devices is expected");
  }
  std::vector<DeviceEntry> entries;
  for (const YAML::Node& node : list)
    entries.emplace_back(file, node);
  return entries;
}

// Throws DevicesError: "devices.yaml:3: this device has no 'username'".
inline std::vector<Device> load_devices(const std::string& file) {
  std::vector<Device> devices;
  for (const DeviceEntry& entry : load_entries(file)) {
    Device device;
    device.host = entry.required<std::string>("host");
    device.port = entry.optional<std::uint16_t>("port", 22);
    device.username = entry.required<std::string>("username");
    device.password = entry.required<std::string>("password");
    device.secret = entry.required<std::string>("secret");
    device.known_hosts = entry.optional<std::string>("known_hosts", "");
    devices.push_back(device);
  }
  return devices;
}

// Who to be at this device, and whose key to expect.
inline rondo::ssh::Options options_for(const Device& device) {
  rondo::ssh::Options options;
  options.port = device.port;
  options.username = device.username;
  options.password = device.password;
  if (!device.known_hosts.empty()) {
    options.known_hosts = device.known_hosts;
  }
  return options;
}

// "HOST:PORT"
inline std::string name_of(const Device& device) {
  return fmt::format("{}:{}", device.host, device.port);
}
