// Cisco IOS and IOS-XE.
#include <iterator>

#include <rondo/lab/platforms/common.h>
#include <rondo/lab/platforms/ios_show.h>
#include <rondo/lab/platforms/platforms.h>

namespace rondo::lab {

namespace ios {

namespace {

constexpr std::string_view saved = "Building configuration...\n[OK]\n";

Reply copy_to_startup(Vty& vty, Arguments) {
  return ask_for_filename(vty, [](Vty&, const std::string&) { return says(std::string(saved)); });
}

Reply write_erase(Vty& vty, Arguments) {
  vty.question = {
      "Erasing the nvram filesystem will remove all configuration files! Continue? [confirm]",
      Question::Answer::key, [](Vty&, const std::string& answer) {
        return says(confirms(answer) ? "[OK]\nErase of nvram: complete\n" : "");
      }};
  return {};
}

// What a user of any level may run; the rest of the show commands want more.
constexpr Mode any_user = any_exec | behind_do;
constexpr Mode privileged = privileged_mode | behind_do;

constexpr Command commands[] = {
    {"enable", any_exec, enable},
    {"enable <0-15>", any_exec, enable_level},
    {"disable", any_exec, disable},
    {"exit", any_exec, leave},
    {"logout", any_exec, leave},
    {"quit", any_exec, leave},
    {"terminal length <0-512>", any_exec, terminal_length},
    {"terminal width <0-512>", any_exec, terminal_width},
    {"configure terminal", privileged_mode, configure_terminal},
    {"write", privileged, always_says<saved>},
    {"write memory", privileged, always_says<saved>},
    {"write erase", privileged, write_erase},
    {"copy running-config startup-config", privileged, copy_to_startup},
    {"clear counters", privileged, clear_counters},
    {"clear logging", privileged, clear_logging},
    {"reload", privileged_mode, reload},

    {"show arp", any_user, shows<show_ip_arp>, true},
    {"show cdp neighbors", any_user, shows<show_cdp_neighbors>, true},
    {"show cdp neighbors detail", any_user, shows<show_cdp_neighbors_detail>, true},
    {"show clock", any_user, shows<show_clock>, true},
    {"show interfaces", any_user, shows<show_interfaces>, true},
    {"show interfaces description", any_user, shows<show_interfaces_description>, true},
    {"show interfaces status", any_user, shows<show_interfaces_status>, true},
    {"show inventory", any_user, shows<show_inventory>, true},
    {"show ip arp", any_user, shows<show_ip_arp>, true},
    {"show ip bgp summary", any_user, shows<show_ip_bgp_summary>, true},
    {"show ip interface brief", any_user, shows<show_ip_interface_brief>, true},
    {"show ip route", any_user, shows<show_ip_route>, true},
    {"show lldp neighbors", any_user, shows<show_lldp_neighbors>, true},
    {"show logging", any_user, shows<show_logging>, true},
    {"show mac address-table", any_user, shows<show_mac_address_table>, true},
    {"show running-config", privileged, shows<show_running_config>, true},
    {"show startup-config", privileged, shows<show_running_config>, true},
    {"show version", any_user, shows<show_version>, true},
    {"show vlan", any_user, shows<show_vlan_brief>, true},
    {"show vlan brief", any_user, shows<show_vlan_brief>, true},

    {"hostname <word>", configuration_mode, hostname},
    {"no hostname", configuration_mode, no_hostname},
    {"interface <line>", configuration_mode, interface},
    {"no interface <line>", configuration_mode, no_interface},
    {"vlan <1-4094>", configuration_mode, vlan},
    {"no vlan <1-4094>", configuration_mode, no_vlan},
    {"router bgp <1-65535>", configuration_mode, section},
    {"router ospf <1-65535>", configuration_mode, section},
    {"no router <line>", configuration_mode, no_section},
    {"ip access-list standard <word>", configuration_mode, section},
    {"ip access-list extended <word>", configuration_mode, section},
    {"no ip access-list <line>", configuration_mode, no_section},
    {"ip domain <line>", configuration_mode, keep_line},
    {"no ip domain <line>", configuration_mode, drop_line},
    {"ip route <address> <mask> <word>", configuration_mode, keep_line},
    {"no ip route <line>", configuration_mode, drop_line},
    {"logging <line>", configuration_mode, keep_line},
    {"no logging <line>", configuration_mode, drop_line},
    {"ntp server <word>", configuration_mode, keep_line},
    {"no ntp server <word>", configuration_mode, drop_line},
    {"snmp-server <line>", configuration_mode, keep_line},
    {"no snmp-server <line>", configuration_mode, drop_line},
    {"exit", configuration_mode, end},
    // Has no function: what stands behind it is looked up again, with behind_do.
    {"do <line>", any_configuration, nullptr},
    {"end", any_configuration, end},

    {"description <line>", interface_mode, description},
    {"exit", interface_mode, leave_section},
    {"ip address <address> <mask>", interface_mode, address_and_mask},
    {"ip ospf <line>", interface_mode, keep_line},
    {"no description", interface_mode, no_description},
    {"no ip address", interface_mode, no_address},
    {"no ip address <address> <mask>", interface_mode, no_address},
    {"no shutdown", interface_mode, no_shutdown},
    {"shutdown", interface_mode, shut_down},
    {"switchport <line>", interface_mode, keep_line},
    {"no switchport <line>", interface_mode, drop_line},

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
    {configuration_mode, "{host}(config)#"},
    {interface_mode, "{host}(config-if)#"},
    {section_mode, "{host}(config-{section})#"},
};

constexpr PipeWord pipes[] = {
    {"begin", FilterKind::begin},
    {"exclude", FilterKind::exclude},
    {"include", FilterKind::include},
    {"section", FilterKind::section},
};

constexpr ShortName short_names[] = {
    {"GigabitEthernet", "Gi"}, {"FastEthernet", "Fa"}, {"TenGigabitEthernet", "Te"},
    {"Ethernet", "Et"},        {"Loopback", "Lo"},     {"Serial", "Se"},
    {"Tunnel", "Tu"},          {"Vlan", "Vl"},
};

constexpr std::string_view virtual_interfaces[] = {"Loopback"};

}  // namespace

}  // namespace ios

const Platform cisco_iosxe = {
    .name = "cisco_iosxe",
    .first_mode = exec_mode,
    .prompts = ios::prompts,
    .commands = ios::commands,
    .pipes = {ios::pipes, false},
    .refusals = {.ambiguous = "% Ambiguous command:  \"{line}\"\n",
                 .incomplete = "% Incomplete command.\n\n",
                 .invalid = "{caret}% Invalid input detected at '^' marker.\n\n",
                 // IOS takes a single word for the name of a host to log in to.
                 .unknown = "Translating \"{word}\"\n\n% Unknown command or computer name, or "
                            "unable to find computer address\n",
                 .privileged = "",
                 .executed = "Line has invalid autocommand \"{line}\"\n"},
    // Back to its first dash, blank it, and back again: column 0, where a blank stands already.
    .paging = {" --More-- ", "\b\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b\b"},
    .login = {"\r\n\r\nUser Access Verification\r\n\r\n",
              "Username: ", "Password: ", "% Login invalid\r\n\r\n"},
    .short_names = ios::short_names,
    .virtual_interfaces = ios::virtual_interfaces,
    .hardware = {.model = "CISCO2911",
                 .version = "15.2(4)M1",
                 .uptime = "1 hour, 2 minutes",
                 .port = "GigabitEthernet0/{}",
                 .first_port = 0,
                 .loopback = "Loopback0",
                 .management = ""},
    .section_word = SectionWord::first,
    .shows_session_name = false,
    .stamps_output = false,
    .end = end,
    .stamp = nullptr,
};

}  // namespace rondo::lab
