// Arista EOS. Show commands work in configuration too; `configure session NAME` collects changes
// for a commit, and its prompt has six letters of the name.
#include <fmt/format.h>

#include <rondo/lab/platforms/eos_show.h>
#include <rondo/lab/platforms/ios_show.h>
#include <rondo/lab/platforms/platforms.h>
#include <rondo/lab/platforms/sessions.h>

namespace rondo::lab {

namespace eos {

namespace {

constexpr std::string_view copied = "Copy completed successfully.\n";

Reply configure(Vty& vty, Arguments) {
  vty.mode = configuration_mode;
  return {};
}

Reply configure_session(Vty& vty, Arguments arguments) {
  const std::string name = arguments.empty()
                               ? fmt::format("sess-{}", vty.device.sessions().size() + 1)
                               : arguments[0].text;
  enter_session(vty, name);
  return {};
}

Reply outside_session() {
  return says("% Not in a configuration session\n");
}

Reply commit(Vty& vty, Arguments) {
  if (!vty.candidate) return outside_session();
  const std::string name = vty.candidate->session;
  const auto wrong = commit_session(vty);
  return says(wrong ? fmt::format("% Cannot commit session {}: {}\n", name, *wrong) : "");
}

Reply abort(Vty& vty, Arguments arguments) {
  if (!vty.candidate) return outside_session();
  return abort_session(vty, arguments);
}

std::string show_session_config(const Vty& vty) {
  if (!vty.candidate) return "% Not in a configuration session\n";
  return show_running_config(vty);
}

std::string show_session_diffs(const Vty& vty) {
  if (!vty.candidate) return "% Not in a configuration session\n";
  std::string text = fmt::format("--- system:/running-config\n+++ session:/{}-session-config\n",
                                 vty.candidate->session);
  std::string changes = changes_text(vty.candidate->changes, "   ");
  for (std::size_t begin = 0; begin < changes.size();) {
    const std::size_t end = changes.find('\n', begin) + 1;
    text += "+" + changes.substr(begin, end - begin);
    begin = end;
  }
  return text;
}

std::string show_sessions(const Vty& vty) {
  std::string text =
      "Maximum number of completed sessions: 1\n"
      "Maximum number of pending sessions: 5\n"
      "\n"
      "  Name                 State     User       Terminal\n"
      "  -------------------- --------- ---------- --------\n";
  for (const auto& [name, changes] : vty.device.sessions()) {
    text += fmt::format("  {:<20} {:<9} {:<10} {}\n", name, "pending",
                        vty.device.description().username, "vty5");
  }
  return text;
}

constexpr Mode anywhere = any_exec | any_configuration;
constexpr Mode privileged = privileged_mode | any_configuration;

constexpr Command commands[] = {
    {"enable", any_exec, enable},
    {"disable", any_exec, disable},
    {"exit", any_exec, leave},
    {"logout", any_exec, leave},
    {"quit", any_exec, leave},
    {"terminal length <0-32767>", anywhere, terminal_length},
    {"terminal width <10-32767>", anywhere, terminal_width},
    {"configure", privileged_mode, configure},
    {"configure terminal", privileged_mode, configure},
    {"configure session", privileged_mode, configure_session},
    {"configure session <word>", privileged_mode, configure_session},
    {"copy running-config startup-config", privileged, always_says<copied>},
    {"write", privileged, always_says<copied>},
    {"write memory", privileged, always_says<copied>},
    {"clear counters", privileged_mode, nothing},
    {"clear logging", privileged_mode, nothing},
    {"reload", privileged_mode, reload},

    {"show arp", anywhere, shows<show_ip_arp>, true},
    {"show clock", anywhere, shows<show_clock>, true},
    {"show configuration sessions", privileged, shows<show_sessions>, true},
    {"show interfaces description", anywhere, shows<show_interfaces_description>, true},
    {"show interfaces status", anywhere, shows<show_interfaces_status>, true},
    {"show inventory", anywhere, shows<show_inventory>, true},
    {"show ip arp", anywhere, shows<show_ip_arp>, true},
    {"show ip bgp summary", anywhere, shows<show_ip_bgp_summary>, true},
    {"show ip interface brief", anywhere, shows<show_ip_interface_brief>, true},
    {"show ip route", anywhere, shows<show_ip_route>, true},
    {"show lldp neighbors", anywhere, shows<show_lldp_neighbors>, true},
    {"show lldp neighbors detail", anywhere, shows<show_lldp_neighbors_detail>, true},
    {"show logging", anywhere, shows<show_logging>, true},
    {"show mac address-table", anywhere, shows<show_mac_address_table>, true},
    {"show running-config", privileged, shows<show_running_config>, true},
    {"show session-config", privileged, shows<show_session_config>, true},
    {"show session-config diffs", privileged, shows<show_session_diffs>, true},
    {"show startup-config", privileged, shows<show_running_config>, true},
    {"show version", anywhere, shows<show_version>, true},
    {"show vlan", anywhere, shows<ios::show_vlan_brief>, true},
    {"show vlan brief", anywhere, shows<ios::show_vlan_brief>, true},

    {"abort", configuration_mode, abort},
    {"commit", configuration_mode, commit},
    {"hostname <word>", configuration_mode, hostname},
    {"no hostname", configuration_mode, no_hostname},
    {"interface <line>", configuration_mode, interface},
    {"no interface <line>", configuration_mode, no_interface},
    {"ip access-list <word>", configuration_mode, section},
    {"no ip access-list <line>", configuration_mode, no_section},
    {"ip name-server <line>", configuration_mode, keep_line},
    {"ip route <prefix> <word>", configuration_mode, keep_line},
    {"no ip route <line>", configuration_mode, drop_line},
    {"logging <line>", configuration_mode, keep_line},
    {"no logging <line>", configuration_mode, drop_line},
    {"ntp server <word>", configuration_mode, keep_line},
    {"no ntp server <word>", configuration_mode, drop_line},
    {"router bgp <1-65535>", configuration_mode, section},
    {"router ospf <1-65535>", configuration_mode, section},
    {"no router <line>", configuration_mode, no_section},
    {"snmp-server <line>", configuration_mode, keep_line},
    {"no snmp-server <line>", configuration_mode, drop_line},
    {"vlan <1-4094>", configuration_mode, vlan},
    {"no vlan <1-4094>", configuration_mode, no_vlan},
    {"exit", configuration_mode, end_session},
    {"end", any_configuration, end_session},

    {"description <line>", interface_mode, description},
    {"exit", interface_mode, leave_section},
    {"ip address <prefix>", interface_mode, address_and_length},
    {"ip address <address> <mask>", interface_mode, address_and_mask},
    {"ip ospf <line>", interface_mode, keep_line},
    {"no description", interface_mode, no_description},
    {"no ip address", interface_mode, no_address},
    {"no shutdown", interface_mode, no_shutdown},
    {"no switchport", interface_mode, nothing},
    {"shutdown", interface_mode, shut_down},
    {"switchport <line>", interface_mode, keep_line},

    {"deny <line>", section_mode, keep_line},
    {"exit", section_mode, leave_section},
    {"name <word>", section_mode, vlan_name},
    {"neighbor <line>", section_mode, keep_line},
    {"network <line>", section_mode, keep_line},
    {"no neighbor <line>", section_mode, drop_line},
    {"no network <line>", section_mode, drop_line},
    {"permit <line>", section_mode, keep_line},
};

constexpr PromptText prompts[] = {
    {exec_mode, "{host}>"},
    {privileged_mode, "{host}#"},
    {configuration_mode, "{host}(config{session})#"},
    {interface_mode, "{host}(config{session}-if-{port})#"},
    {section_mode, "{host}(config{session}-{section})#"},
};

constexpr PipeWord pipes[] = {
    {"begin", FilterKind::begin},     {"exclude", FilterKind::exclude},
    {"include", FilterKind::include}, {"no-more", FilterKind::no_more},
    {"section", FilterKind::section},
};

constexpr ShortName short_names[] = {
    {"Ethernet", "Et"}, {"Loopback", "Lo"}, {"Management", "Ma"}, {"Vlan", "Vl"}};

constexpr std::string_view virtual_interfaces[] = {"Loopback", "Vlan"};

}  // namespace

}  // namespace eos

const Platform arista_eos = {
    .name = "arista_eos",
    .first_mode = exec_mode,
    .prompts = eos::prompts,
    .commands = eos::commands,
    .pipes = {eos::pipes, true},
    .refusals = {.ambiguous = "% Ambiguous command (at token {token}: '{word}')\n",
                 .incomplete = "% Incomplete command\n",
                 .invalid = "% Invalid input (at token {token}: '{word}')\n",
                 .unknown = "% Invalid input (at token {token}: '{word}')\n",
                 .privileged = "% Invalid input (privileged mode required)\n",
                 .executed = "% Invalid input (at token {token}: '{word}')\n"},
    .paging = {" --More-- ", "\r          \r"},
    .login = {"\r\n", "login: ", "Password: ", "\r\nLogin incorrect\r\n\r\n"},
    .short_names = eos::short_names,
    .virtual_interfaces = eos::virtual_interfaces,
    .hardware = {.model = "vEOS-lab",
                 .version = "4.29.2F",
                 .uptime = "1 day, 2 hours and 40 minutes",
                 .port = "Ethernet{}",
                 .first_port = 1,
                 .loopback = "Loopback0",
                 .management = "Management1"},
    .section_word = SectionWord::both,
    .shows_session_name = true,
    .stamps_output = false,
    .end = end_session,
    .stamp = nullptr,
};

}  // namespace rondo::lab
