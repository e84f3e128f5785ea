#include <utility>

#include <fmt/format.h>

#include <rondo/lab/platforms/sessions.h>

namespace rondo::lab {

void enter_session(Vty& vty, const std::string& name) {
  vty.candidate = Candidate{name, vty.device.session(name)};
  vty.device.keep_session(name, vty.candidate->changes);
  vty.mode = configuration_mode;
}

Reply end_session(Vty& vty, Arguments) {
  if (vty.candidate) vty.device.keep_session(vty.candidate->session, vty.candidate->changes);
  vty.leave_configuration();
  return {};
}

std::optional<std::string> commit_session(Vty& vty) {
  const Candidate candidate = *vty.candidate;
  if (auto wrong = vty.device.commit(candidate.changes)) return wrong;
  vty.device.drop_session(candidate.session);
  vty.leave_configuration();
  return std::nullopt;
}

Reply abort_session(Vty& vty, Arguments) {
  vty.device.drop_session(vty.candidate->session);
  vty.leave_configuration();
  return {};
}

std::string changes_text(std::span<const Change> changes, std::string_view indent) {
  std::string text;
  std::string_view place;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    // The line that enters a place is a change too, and is shown by what stands within.
    const bool enters = i + 1 < changes.size() && changes[i + 1].place == change.line;
    if (enters) continue;
    if (!change.place.empty() && change.place != place) text += change.place + "\n";
    place = change.place;
    text.append(change.place.empty() ? "" : indent).append(change.line).append("\n");
  }
  return text;
}

std::string interfaces_text(const DeviceState& state, const ConfigurationStyle& style) {
  std::string text;
  for (const DeviceInterface& interface : state.interfaces) {
    text += fmt::format("interface {}\n", interface.name());
    const auto add = [&](std::string_view line) {
      text.append(style.indent).append(line).append("\n");
    };
    if (!interface.description.empty()) add("description " + interface.description);
    if (interface.address) {
      const bool is_port = interface.kind().ends_with("thernet");
      if (is_port && !style.port.empty()) add(style.port);
      add(fmt::format(
          fmt::runtime(style.address), fmt::arg("address", format_ipv4(interface.address->address)),
          fmt::arg("mask", format_ipv4(mask_of(interface.address->prefix_length))),
          fmt::arg("prefix", fmt::format("{}/{}", format_ipv4(interface.address->address),
                                         interface.address->prefix_length))));
    }
    for (const std::string& line : interface.lines)
      add(line);
    if (interface.shutdown) {
      add("shutdown");
    } else if (style.tells_no_shutdown) {
      add("no shutdown");
    }
    text += style.separator;
  }
  return text;
}

std::string vlans_text(const DeviceState& state, const ConfigurationStyle& style) {
  std::string text;
  for (const Vlan& vlan : state.vlans) {
    if (vlan.number == 1) continue;
    text += fmt::format("vlan {}\n{}name {}\n{}", vlan.number, style.indent, vlan.name,
                        style.separator);
  }
  return text;
}

std::string sections_text(const DeviceState& state, const ConfigurationStyle& style) {
  std::string text;
  for (const ConfigurationSection& section : state.sections) {
    const bool top = section.header.empty();
    if (!top) text += section.header + "\n";
    for (const std::string& line : section.lines)
      text.append(top ? "" : style.indent).append(line).append("\n");
    text += style.separator;
  }
  return text;
}

}  // namespace rondo::lab
