#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <rondo/lab/device.h>

namespace rondo::lab {

namespace {

// Enough for any lesson, and a client that adds loopbacks in a loop is stopped.
constexpr std::size_t most_interfaces = 256;
constexpr std::size_t longest_history = 10;

std::size_t kind_length(std::string_view name) {
  return std::min(name.find_first_of("0123456789"), name.size());
}

// Two interfaces whose networks overlap, as text.
std::optional<std::string> overlapping(const DeviceState& state) {
  for (auto one = state.interfaces.begin(); one != state.interfaces.end(); ++one) {
    for (auto other = one + 1; other != state.interfaces.end(); ++other) {
      if (one->address && other->address && overlap(*one->address, *other->address)) {
        return fmt::format("the address of {} overlaps with {}", other->name(), one->name());
      }
    }
  }
  return std::nullopt;
}

}  // namespace

DeviceInterface::DeviceInterface(const Interface& described)
    : address(described.address),
      method(described.address ? AddressMethod::nvram : AddressMethod::unset),
      description(described.description),
      shutdown(described.status == InterfaceStatus::administratively_down),
      name_(described.name),
      // Nobody says what a shut interface would be without `shutdown`: let it come up then.
      link_up_(described.status != InterfaceStatus::down),
      link_protocol_up_(shutdown || described.protocol_up) {}

std::string_view DeviceInterface::kind() const {
  return std::string_view(name_).substr(0, kind_length(name_));
}

std::string_view DeviceInterface::number() const {
  return std::string_view(name_).substr(kind_length(name_));
}

InterfaceStatus DeviceInterface::status() const {
  if (shutdown) return InterfaceStatus::administratively_down;
  return link_up_ ? InterfaceStatus::up : InterfaceStatus::down;
}

DeviceInterface* DeviceState::find_interface(std::string_view name) {
  const auto found = std::ranges::find(interfaces, name, &DeviceInterface::name);
  return found == interfaces.end() ? nullptr : &*found;
}

bool DeviceState::add_interface(std::string_view name) {
  if (find_interface(name) != nullptr) return true;
  if (interfaces.size() >= most_interfaces) return false;
  Interface added;
  added.name = name;
  interfaces.emplace_back(added);
  return true;
}

std::optional<std::string> DeviceState::assign_address(std::string_view name,
                                                       InterfaceAddress address) {
  for (const DeviceInterface& other : interfaces) {
    if (other.name() != name && other.address && overlap(*other.address, address)) {
      return other.name();
    }
  }
  if (DeviceInterface* const interface = find_interface(name); interface != nullptr) {
    interface->address = address;
    interface->method = AddressMethod::manual;
  }
  return std::nullopt;
}

ConfigurationSection& DeviceState::section(std::string_view header) {
  const auto found = std::ranges::find(sections, header, &ConfigurationSection::header);
  if (found != sections.end()) return *found;
  return sections.emplace_back(ConfigurationSection{std::string(header), {}});
}

void DeviceState::keep_vlan(unsigned number) {
  const auto place = std::ranges::lower_bound(vlans, number, {}, &Vlan::number);
  if (place != vlans.end() && place->number == number) return;
  vlans.insert(place, {number, fmt::format("VLAN{:04}", number)});
}

Device::Device(Router description)
    : description_(std::move(description)),
      state_{description_.hostname,
             {description_.interfaces.begin(), description_.interfaces.end()},
             {{1, "default"}},
             {}} {
  for (const auto& [number, name] : description_.vlans)
    state_.vlans.push_back({number, name});
}

DeviceState Device::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::string Device::hostname() const {
  const std::lock_guard lock(mutex_);
  return state_.hostname;
}

std::vector<DeviceInterface> Device::interfaces() const {
  const std::lock_guard lock(mutex_);
  return state_.interfaces;
}

void Device::change(const std::function<void(DeviceState&)>& apply) {
  const std::lock_guard lock(mutex_);
  apply(state_);
}

std::optional<std::string> Device::commit(std::span<const Change> changes) {
  const std::lock_guard lock(mutex_);
  DeviceState next = state_;
  for (const Change& change : changes)
    change.apply(next);
  if (auto wrong = overlapping(next)) return wrong;
  history_.push_front(std::exchange(state_, std::move(next)));
  if (history_.size() > longest_history) history_.pop_back();
  return std::nullopt;
}

std::optional<DeviceState> Device::committed(std::size_t commits_ago) const {
  const std::lock_guard lock(mutex_);
  if (commits_ago == 0) return state_;
  if (commits_ago > history_.size()) return std::nullopt;
  return history_[commits_ago - 1];
}

void Device::keep_session(const std::string& name, std::vector<Change> changes) {
  const std::lock_guard lock(mutex_);
  sessions_[name] = std::move(changes);
}

std::vector<Change> Device::session(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(name);
  return found == sessions_.end() ? std::vector<Change>() : found->second;
}

void Device::drop_session(const std::string& name) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(name);
}

std::map<std::string, std::vector<Change>> Device::sessions() const {
  const std::lock_guard lock(mutex_);
  return sessions_;
}

bool Device::lock_configuration(const void* owner) {
  const std::lock_guard lock(mutex_);
  if (configuration_owner_ != nullptr && configuration_owner_ != owner) return false;
  configuration_owner_ = owner;
  return true;
}

void Device::unlock_configuration(const void* owner) {
  const std::lock_guard lock(mutex_);
  if (configuration_owner_ == owner) configuration_owner_ = nullptr;
}

bool Device::configuration_locked(const void* except) const {
  const std::lock_guard lock(mutex_);
  return configuration_owner_ != nullptr && configuration_owner_ != except;
}

void connect_neighbors(std::span<Device* const> devices) {
  std::map<std::string_view, const Device*> by_hostname;
  for (const Device* const device : devices)
    by_hostname[device->description().hostname] = device;
  for (Device* const device : devices) {
    std::vector<Neighbor> neighbors;
    for (const Interface& interface : device->description().interfaces) {
      const auto found = by_hostname.find(interface.neighbor);
      if (found == by_hostname.end()) continue;
      neighbors.push_back({interface.name, found->second, interface.neighbor_interface});
    }
    device->set_neighbors(std::move(neighbors));
  }
}

}  // namespace rondo::lab
