#include <utility>

#include <rondo/lab/vty.h>

namespace rondo::lab {

Vty::Vty(Device& where, std::function<std::chrono::system_clock::time_point()> clock)
    : device(where),
      platform(platform_of(where.description().platform)),
      now(std::move(clock)),
      mode(where.description().privileged.value_or(platform.first_mode == privileged_mode)
               ? Mode{privileged_mode}
               : Mode{exec_mode}),
      stamps(platform.stamps_output) {}

Vty::~Vty() {
  device.unlock_configuration(this);
}

DeviceState Vty::state() const {
  DeviceState seen = device.state();
  if (candidate) {
    for (const Change& change : candidate->changes)
      change.apply(seen);
  }
  return seen;
}

void Vty::change(std::string text, std::function<void(DeviceState&)> apply) {
  if (!candidate) return device.change(apply);
  candidate->changes.push_back({place, std::move(text), std::move(apply)});
}

std::string Vty::interface() const {
  constexpr std::string_view keyword = "interface ";
  return place.starts_with(keyword) ? place.substr(keyword.size()) : std::string();
}

void Vty::change_interface(std::function<void(DeviceInterface&)> apply) {
  change(line, [name = interface(), apply = std::move(apply)](DeviceState& state) {
    if (DeviceInterface* const found = state.find_interface(name); found != nullptr) apply(*found);
  });
}

void Vty::leave_configuration() {
  mode = privileged_mode;
  place.clear();
  candidate.reset();
  device.unlock_configuration(this);
}

}  // namespace rondo::lab
