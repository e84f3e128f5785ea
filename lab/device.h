// The state of one running device, shared by all its sessions: what was described, and what
// sessions have configured since. It lives as long as the lab runs and is never written to disk.
//
// Sessions are threads, so every function takes the lock; what is handed out is a copy.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/lab/router.h>

namespace rondo::lab {

// How an address came to an interface, as the column Method of `show ip interface brief` says it.
enum class AddressMethod { unset, nvram, manual };

class DeviceInterface {
 public:
  explicit DeviceInterface(const Interface& described);

  const std::string& name() const { return name_; }
  std::string_view kind() const;    // "GigabitEthernet"
  std::string_view number() const;  // "0/0"

  // With `shutdown` both are down, whatever the link does.
  InterfaceStatus status() const;
  bool protocol_up() const { return !shutdown && link_protocol_up_; }

  std::optional<InterfaceAddress> address;
  AddressMethod method = AddressMethod::unset;
  std::string description;
  bool shutdown = false;
  std::vector<std::string> lines;  // configuration that is kept as it was typed

 private:
  std::string name_;
  bool link_up_ = true;           // what the status is without `shutdown`
  bool link_protocol_up_ = true;  // the same for the protocol
};

struct Vlan {
  unsigned number = 1;  // 1..4094
  std::string name;
};

// A part of the configuration that is kept as it was typed: "router bgp 65000" and its lines. With
// an empty header, lines of the whole device.
struct ConfigurationSection {
  std::string header;
  std::vector<std::string> lines;
};

// All that can be configured.
struct DeviceState {
  std::string hostname;
  std::vector<DeviceInterface> interfaces;
  std::vector<Vlan> vlans;  // by number
  std::vector<ConfigurationSection> sections;

  DeviceInterface* find_interface(std::string_view name);  // nullptr: there is none

  // Adds an interface without address unless there is one of that name; false when there are too
  // many.
  bool add_interface(std::string_view name);

  // Gives the interface the address, except when another interface's address overlaps: then
  // nothing changes, and the other one's name is returned.
  std::optional<std::string> assign_address(std::string_view name, InterfaceAddress address);

  // The section with that header, which is made when there is none.
  ConfigurationSection& section(std::string_view header);

  void keep_vlan(unsigned number);  // makes it, unless there is one
};

// One step of configuration. What was not committed yet is a list of these.
struct Change {
  std::string place;  // "interface Loopback0"; empty: the whole device
  std::string line;   // as it is shown: "ip address 10.0.0.1 255.255.255.0"
  std::function<void(DeviceState&)> apply;
};

// The other end of an interface's cable.
class Device;
struct Neighbor {
  std::string interface;           // of this device, in full
  const Device* device = nullptr;  // lives as long as this one
  std::string remote_interface;
};

class Device {
 public:
  explicit Device(Router description);

  // What never changes: secrets, version, uptime, delay. Its hostname and interfaces are only
  // the first ones.
  const Router& description() const { return description_; }

  DeviceState state() const;
  std::string hostname() const;
  std::vector<DeviceInterface> interfaces() const;

  // Runs `apply` under the lock.
  void change(const std::function<void(DeviceState&)>& apply);

  // Makes all changes at once. When two addresses would overlap then, it makes none and returns
  // what is wrong.
  std::optional<std::string> commit(std::span<const Change> changes);

  // As it was so many commits ago, 0 being now; nothing when that is not known any more.
  std::optional<DeviceState> committed(std::size_t commits_ago) const;

  // Named configuration sessions outlive who began them, until their commit.
  void keep_session(const std::string& name, std::vector<Change> changes);
  std::vector<Change> session(const std::string& name) const;  // empty: there is none
  void drop_session(const std::string& name);
  std::map<std::string, std::vector<Change>> sessions() const;

  // Exclusive configuration: false while somebody else has it.
  bool lock_configuration(const void* owner);
  void unlock_configuration(const void* owner);  // nothing happens when it is somebody else's
  bool configuration_locked(const void* except) const;

  // To be set before there are sessions.
  void set_neighbors(std::vector<Neighbor> neighbors) { neighbors_ = std::move(neighbors); }
  const std::vector<Neighbor>& neighbors() const { return neighbors_; }

 private:
  const Router description_;
  std::vector<Neighbor> neighbors_;
  mutable std::mutex mutex_;  // guards all below
  DeviceState state_;
  std::deque<DeviceState> history_;  // before the last commits, the newest first
  std::map<std::string, std::vector<Change>> sessions_;
  const void* configuration_owner_ = nullptr;  // nullptr: free for all
};

// Joins the ends that the descriptions name.
void connect_neighbors(std::span<Device* const> devices);

}  // namespace rondo::lab
