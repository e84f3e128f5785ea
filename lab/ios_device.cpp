#include <algorithm>
#include <cstddef>
#include <utility>

#include <rondo/lab/ios_device.h>

namespace rondo::lab {

namespace {

// Enough for any lesson, and a client that adds loopbacks in a loop is stopped.
constexpr std::size_t most_interfaces = 256;

std::size_t kind_length(std::string_view name) {
  return std::min(name.find_first_of("0123456789"), name.size());
}

}  // namespace

IosInterface::IosInterface(const Interface& described)
    : address(described.address),
      method(described.address ? AddressMethod::nvram : AddressMethod::unset),
      description(described.description),
      shutdown(described.status == InterfaceStatus::administratively_down),
      name_(described.name),
      // Nobody says what a shut interface would be without `shutdown`: let it come up then.
      link_up_(described.status != InterfaceStatus::down),
      link_protocol_up_(shutdown || described.protocol_up) {}

std::string_view IosInterface::kind() const {
  return std::string_view(name_).substr(0, kind_length(name_));
}

std::string_view IosInterface::number() const {
  return std::string_view(name_).substr(kind_length(name_));
}

std::string IosInterface::short_name() const {
  return std::string(kind().substr(0, 2)).append(number());
}

InterfaceStatus IosInterface::status() const {
  if (shutdown) return InterfaceStatus::administratively_down;
  return link_up_ ? InterfaceStatus::up : InterfaceStatus::down;
}

IosDevice::IosDevice(Router description)
    : description_(std::move(description)),
      hostname_(description_.hostname),
      interfaces_(description_.interfaces.begin(), description_.interfaces.end()) {}

std::string IosDevice::hostname() const {
  const std::lock_guard lock(mutex_);
  return hostname_;
}

void IosDevice::set_hostname(std::string hostname) {
  const std::lock_guard lock(mutex_);
  hostname_ = std::move(hostname);
}

std::vector<IosInterface> IosDevice::interfaces() const {
  const std::lock_guard lock(mutex_);
  return interfaces_;
}

bool IosDevice::add_loopback(std::string_view number) {
  const std::lock_guard lock(mutex_);
  const std::string name = std::string("Loopback").append(number);
  // Two sessions may add the same one at the same time.
  if (find(name) != nullptr) return true;
  if (interfaces_.size() >= most_interfaces) return false;
  Interface loopback;
  loopback.name = name;
  interfaces_.emplace_back(loopback);
  return true;
}

bool IosDevice::change_interface(std::string_view name,
                                 const std::function<void(IosInterface&)>& change) {
  const std::lock_guard lock(mutex_);
  IosInterface* const interface = find(name);
  if (interface == nullptr) return false;
  change(*interface);
  return true;
}

std::optional<std::string> IosDevice::assign_address(std::string_view name,
                                                     InterfaceAddress address) {
  const std::lock_guard lock(mutex_);
  for (const IosInterface& other : interfaces_) {
    if (other.name() != name && other.address && overlap(*other.address, address)) {
      return other.name();
    }
  }
  if (IosInterface* const interface = find(name); interface != nullptr) {
    interface->address = address;
    interface->method = AddressMethod::manual;
  }
  return std::nullopt;
}

IosInterface* IosDevice::find(std::string_view name) {
  const auto found = std::ranges::find(interfaces_, name, &IosInterface::name);
  return found == interfaces_.end() ? nullptr : &*found;
}

}  // namespace rondo::lab
