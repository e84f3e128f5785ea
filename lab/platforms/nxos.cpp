// Cisco NX-OS. Show commands work in configuration too; `configure session NAME` collects changes
// for a commit.
#include <fmt/format.h>

#include <rondo/lab/platforms/ios_show.h>
#include <rondo/lab/platforms/nxos_show.h>
#include <rondo/lab/platforms/platforms.h>
#include <rondo/lab/platforms/sessions.h>

namespace rondo::lab {

namespace nxos {

namespace {

constexpr std::string_view copied =
    "[########################################] 100%\nCopy complete, now saving to disk (please "
    "wait)...\nCopy complete.\n";

Reply configure_session(Vty& vty, Arguments arguments) {
  enter_session(vty, arguments[0].text);
  return says(
      "Config Session started, Session ID is 1\n"
      "Enter configuration commands, one per line.  End with CNTL/Z.\n\n");
}

Reply outside_session() {
  return says("ERROR: Not in a configuration session\n");
}

Reply verify(Vty& vty, Arguments) {
  if (!vty.candidate) return outside_session();
  return says("Verification Successful\n");
}

Reply commit(Vty& vty, Arguments) {
  if (!vty.candidate) return outside_session();
  const auto wrong = commit_session(vty);
  return says(wrong ? fmt::format("Commit Failed\nERROR: {}\n", *wrong) : "Commit Successful\n");
}

Reply abort(Vty& vty, Arguments arguments) {
  if (!vty.candidate) return outside_session();
  return abort_session(vty, arguments);
}

std::string show_sessions(const Vty& vty) {
  std::string text;
  for (const auto& [name, changes] : vty.device.sessions()) {
    text += fmt::format("config session name {}\n{}", name, changes_text(changes, "  "));
  }
  return text.empty() ? "There are no active configuration sessions\n" : text;
}

Reply ask_for_reload(Vty& vty, Arguments) {
  vty.question = {"This command will reboot the system. (y/n)?  [n] ", Question::Answer::line,
                  [](Vty& asked, const std::string& answer) {
                    asked.closed = answer == "y" || answer == "Y";
                    return Reply{};
                  }};
  return {};
}

Reply write_erase(Vty& vty, Arguments) {
  vty.question = {
      "Warning: This command will erase the startup-configuration.\n"
      "Do you wish to proceed anyway? (y/n)  [n] ",
      Question::Answer::line, [](Vty&, const std::string&) { return Reply{}; }};
  return {};
}

constexpr Mode anywhere = any_exec | any_configuration | behind_do;

constexpr Command commands[] = {
    {"enable", any_exec, enable},
    {"disable", any_exec, disable},
    {"exit", any_exec, leave},
    {"logout", any_exec, leave},
    {"terminal length <0-511>", anywhere, terminal_length},
    {"terminal width <24-511>", anywhere, terminal_width},
    {"terminal dont-ask", anywhere, nothing},
    {"configure terminal", privileged_mode, configure_terminal},
    {"configure session <word>", privileged_mode, configure_session},
    {"copy running-config startup-config", anywhere, always_says<copied>},
    {"clear counters", privileged_mode, nothing},
    {"clear logging logfile", privileged_mode, nothing},
    {"reload", privileged_mode, ask_for_reload},
    {"write erase", privileged_mode, write_erase},

    {"show cdp neighbors", anywhere, shows<show_cdp_neighbors>, true},
    {"show cdp neighbors detail", anywhere, shows<show_cdp_neighbors_detail>, true},
    {"show clock", anywhere, shows<show_clock>, true},
    {"show configuration session", anywhere, shows<show_sessions>, true},
    {"show interface brief", anywhere, shows<show_interface_brief>, true},
    {"show interface description", anywhere, shows<show_interface_description>, true},
    {"show interface status", anywhere, shows<show_interface_status>, true},
    {"show inventory", anywhere, shows<show_inventory>, true},
    {"show ip arp", anywhere, shows<show_ip_arp>, true},
    {"show ip bgp summary", anywhere, shows<show_ip_bgp_summary>, true},
    {"show ip interface brief", anywhere, shows<show_ip_interface_brief>, true},
    {"show ip route", anywhere, shows<show_ip_route>, true},
    {"show lldp neighbors", anywhere, shows<show_lldp_neighbors>, true},
    {"show logging logfile", anywhere, shows<show_logging>, true},
    {"show mac address-table", anywhere, shows<show_mac_address_table>, true},
    {"show running-config", anywhere, shows<show_running_config>, true},
    {"show startup-config", anywhere, shows<show_running_config>, true},
    {"show version", anywhere, shows<show_version>, true},
    {"show vlan", anywhere, shows<ios::show_vlan_brief>, true},
    {"show vlan brief", anywhere, shows<ios::show_vlan_brief>, true},

    {"abort", configuration_mode, abort},
    {"commit", configuration_mode, commit},
    {"verify", configuration_mode, verify},
    {"hostname <word>", configuration_mode, hostname},
    {"no hostname", configuration_mode, no_hostname},
    {"feature <line>", configuration_mode, keep_line},
    {"no feature <line>", configuration_mode, drop_line},
    {"interface <line>", configuration_mode, interface},
    {"no interface <line>", configuration_mode, no_interface},
    {"ip access-list <word>", configuration_mode, section},
    {"no ip access-list <line>", configuration_mode, no_section},
    {"ip route <prefix> <word>", configuration_mode, keep_line},
    {"no ip route <line>", configuration_mode, drop_line},
    {"logging <line>", configuration_mode, keep_line},
    {"no logging <line>", configuration_mode, drop_line},
    {"ntp server <word>", configuration_mode, keep_line},
    {"no ntp server <word>", configuration_mode, drop_line},
    {"router bgp <1-65535>", configuration_mode, section},
    {"router ospf <word>", configuration_mode, section},
    {"no router <line>", configuration_mode, no_section},
    {"snmp-server <line>", configuration_mode, keep_line},
    {"no snmp-server <line>", configuration_mode, drop_line},
    {"vlan <1-4094>", configuration_mode, vlan},
    {"no vlan <1-4094>", configuration_mode, no_vlan},
    {"exit", configuration_mode, end_session},
    // Has no function: what stands behind it is looked up again, with behind_do.
    {"do <line>", any_configuration, nullptr},
    {"end", any_configuration, end_session},

    {"description <line>", interface_mode, description},
    {"exit", interface_mode, leave_section},
    {"ip address <address> <mask>", interface_mode, address_and_mask},
    {"ip address <prefix>", interface_mode, address_and_length},
    {"ip router <line>", interface_mode, keep_line},
    {"no description", interface_mode, no_description},
    {"no ip address", interface_mode, no_address},
    {"no ip address <prefix>", interface_mode, no_address},
    {"no shutdown", interface_mode, no_shutdown},
    {"no switchport", interface_mode, nothing},
    {"shutdown", interface_mode, shut_down},
    {"switchport <line>", interface_mode, keep_line},

    {"exit", section_mode, leave_section},
    {"name <word>", section_mode, vlan_name},
    {"neighbor <line>", section_mode, keep_line},
    {"no neighbor <line>", section_mode, drop_line},
    {"deny <line>", section_mode, keep_line},
    {"permit <line>", section_mode, keep_line},
    {"<1-4294967> <line>", section_mode, keep_line},
    {"no <1-4294967> <line>", section_mode, drop_line},
};

constexpr PromptText prompts[] = {
    {exec_mode, "{host}> "},
    {privileged_mode, "{host}# "},
    {configuration_mode, "{host}(config{session})# "},
    {interface_mode, "{host}(config{session}-if)# "},
    {section_mode, "{host}(config{session}-{section})# "},
};

constexpr PipeWord pipes[] = {
    {"begin", FilterKind::begin},     {"count", FilterKind::count},
    {"exclude", FilterKind::exclude}, {"grep", FilterKind::include},
    {"include", FilterKind::include}, {"no-more", FilterKind::no_more},
    {"section", FilterKind::section},
};

constexpr ShortName short_names[] = {{"Ethernet", "Eth"}, {"loopback", "Lo"}};

constexpr std::string_view virtual_interfaces[] = {"loopback", "Vlan"};

}  // namespace

}  // namespace nxos

const Platform cisco_nxos = {
    .name = "cisco_nxos",
    .first_mode = privileged_mode,
    .prompts = nxos::prompts,
    .commands = nxos::commands,
    .pipes = {nxos::pipes, true},
    .refusals = {.ambiguous = "{caret}% Ambiguous command at '^' marker.\n",
                 .incomplete = "{caret}% Incomplete command at '^' marker.\n",
                 .invalid = "{caret}% Invalid command at '^' marker.\n",
                 .unknown = "{caret}% Invalid command at '^' marker.\n",
                 .privileged = "% Permission denied for the role\n",
                 .executed = "Syntax error while parsing '{line}'\n"},
    .paging = {"--More--", "\r        \r"},
    .login = {"\r\nUser Access Verification\r\n",
              "login: ", "Password: ", "\r\nLogin incorrect\r\n\r\n"},
    .short_names = nxos::short_names,
    .virtual_interfaces = nxos::virtual_interfaces,
    .hardware = {.model = "N9K-C9300v",
                 .version = "9.3(8)",
                 .uptime = "12 day(s), 3 hour(s), 40 minute(s), 7 second(s)",
                 .port = "Ethernet1/{}",
                 .first_port = 1,
                 .loopback = "loopback0",
                 .management = "mgmt0"},
    .section_word = SectionWord::first,
    .shows_session_name = false,
    .stamps_output = false,
    .end = end_session,
    .stamp = nullptr,
};

}  // namespace rondo::lab
