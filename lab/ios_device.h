// The state of one running IOS router, shared by all its sessions: what was described, and what
// sessions have configured since. It lives as long as the lab runs and is never written to disk.
//
// Sessions are threads, so every function takes the lock; what is handed out is a copy.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/lab/router.h>

namespace rondo::lab {

// How an address came to an interface, as the column Method of `show ip interface brief` says it.
enum class AddressMethod { unset, nvram, manual };

class IosInterface {
 public:
  explicit IosInterface(const Interface& described);

  const std::string& name() const { return name_; }
  std::string_view kind() const;    // "GigabitEthernet"
  std::string_view number() const;  // "0/0"
  std::string short_name() const;   // "Gi0/0"

  // With `shutdown` both are down, whatever the link does.
  InterfaceStatus status() const;
  bool protocol_up() const { return !shutdown && link_protocol_up_; }

  std::optional<InterfaceAddress> address;
  AddressMethod method = AddressMethod::unset;
  std::string description;
  bool shutdown = false;

 private:
  std::string name_;
  bool link_up_ = true;           // what the status is without `shutdown`
  bool link_protocol_up_ = true;  // the same for the protocol
};

class IosDevice {
 public:
  explicit IosDevice(Router description);

  // What never changes: secrets, version, uptime, delay. Its hostname and interfaces are only
  // the first ones.
  const Router& description() const { return description_; }

  std::string hostname() const;
  void set_hostname(std::string hostname);

  std::vector<IosInterface> interfaces() const;

  // Adds a loopback interface that does not exist yet; false when the router has too many.
  bool add_loopback(std::string_view number);

  // Runs `change` on the interface under the lock; false when there is none of that full name.
  bool change_interface(std::string_view name, const std::function<void(IosInterface&)>& change);

  // Gives the interface the address unless another interface has one that overlaps; then nothing
  // changes and the other one's name is returned.
  std::optional<std::string> assign_address(std::string_view name, InterfaceAddress address);

 private:
  IosInterface* find(std::string_view name);  // wants the lock held

  const Router description_;
  mutable std::mutex mutex_;
  std::string hostname_;                  // guarded by mutex_
  std::vector<IosInterface> interfaces_;  // guarded by mutex_
};

}  // namespace rondo::lab
