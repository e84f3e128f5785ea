// Cisco IOS-XR. All configuration waits for a commit, and who leaves without one is asked.
#include <fmt/format.h>

#include <rondo/lab/platforms/iosxr_show.h>
#include <rondo/lab/platforms/platforms.h>
#include <rondo/lab/platforms/sessions.h>

namespace rondo::lab {

namespace iosxr {

namespace {

Reply configure(Vty& vty, Arguments) {
  vty.candidate.emplace();
  vty.mode = configuration_mode;
  return says(vty.device.configuration_locked(&vty)
                  ? "% Configuration is locked by another session: changes cannot be committed\n"
                  : "");
}

Reply configure_exclusive(Vty& vty, Arguments arguments) {
  if (!vty.device.lock_configuration(&vty)) {
    return says("% Configuration is locked exclusively by another session\n");
  }
  return configure(vty, arguments);
}

Reply commit(Vty& vty, Arguments) {
  const std::string above = vty.stamps ? stamp(vty) : "";
  if (vty.candidate->changes.empty()) {
    return says(above + "% No configuration changes to commit.\n");
  }
  if (vty.device.configuration_locked(&vty)) {
    return says(above + "% Failed to commit: the configuration is locked by another session\n");
  }
  const auto wrong = vty.device.commit(vty.candidate->changes);
  if (wrong) {
    vty.candidate->failure = *wrong;
    return says(above +
                "% Failed to commit one or more configuration items during a pseudo-atomic "
                "operation. All changes made have been reverted. Please issue 'show configuration "
                "failed' from this session to view the errors\n");
  }
  vty.candidate.emplace();
  return says(above);
}

Reply abort(Vty& vty, Arguments) {
  vty.leave_configuration();
  return {};
}

Reply clear(Vty& vty, Arguments) {
  vty.candidate.emplace();
  return {};
}

// Leaves configuration, after a question when there is something to lose.
Reply leave_configuration(Vty& vty, Arguments) {
  if (vty.candidate->changes.empty()) return abort(vty, {});
  vty.question = {"Uncommitted changes found, commit them before exiting(yes/no/cancel)? [cancel]:",
                  Question::Answer::line, [](Vty& asked, const std::string& answer) {
                    if (answer == "no" || answer == "n") return abort(asked, {});
                    if (answer != "yes" && answer != "y") return Reply{};
                    Reply reply = commit(asked, {});
                    if (asked.candidate->changes.empty()) asked.leave_configuration();
                    return reply;
                  }};
  return {};
}

std::string show_changes(const Vty& vty) {
  if (!vty.candidate) return "";
  return fmt::format("Building configuration...\n!! IOS XR Configuration {}\n{}end\n\n",
                     vty.device.description().version, changes_text(vty.candidate->changes, " "));
}

std::string show_failed(const Vty& vty) {
  if (!vty.candidate || vty.candidate->failure.empty()) return "";
  return fmt::format(
      "!! SEMANTIC ERRORS: This configuration was rejected by \n"
      "!! the system due to semantic errors.\n"
      "{}!!% {}\n"
      "end\n\n",
      changes_text(vty.candidate->changes, " "), vty.candidate->failure);
}

Reply without_stamps(Vty& vty, Arguments) {
  vty.stamps = false;
  return {};
}

Reply with_stamps(Vty& vty, Arguments) {
  vty.stamps = true;
  return {};
}

constexpr Mode anywhere = any_exec | any_configuration | behind_do;

constexpr Command commands[] = {
    {"exit", any_exec, leave},
    {"logout", any_exec, leave},
    {"quit", any_exec, leave},
    {"terminal length <0-512>", any_exec, terminal_length},
    {"terminal width <0-512>", any_exec, terminal_width},
    {"terminal exec prompt no-timestamp", any_exec, without_stamps},
    {"terminal exec prompt timestamp", any_exec, with_stamps},
    {"configure", privileged_mode, configure},
    {"configure terminal", privileged_mode, configure},
    {"configure exclusive", privileged_mode, configure_exclusive},
    {"clear counters", privileged_mode, clear_counters},
    {"clear logging", privileged_mode, clear_logging},
    {"reload", privileged_mode, reload},

    {"show arp", anywhere, shows<show_arp>, true},
    {"show bgp summary", anywhere, shows<show_bgp_summary>, true},
    {"show cdp neighbors", anywhere, shows<show_cdp_neighbors>, true},
    {"show cdp neighbors detail", anywhere, shows<show_cdp_neighbors_detail>, true},
    {"show clock", anywhere, shows<show_clock>, true},
    {"show configuration", any_configuration, shows<show_changes>, true},
    {"show configuration failed", any_configuration, shows<show_failed>, true},
    {"show interfaces description", anywhere, shows<show_interfaces_description>, true},
    {"show inventory", anywhere, shows<show_inventory>, true},
    {"show ip interface brief", anywhere, shows<show_ip_interface_brief>, true},
    {"show ip route", anywhere, shows<show_route>, true},
    {"show ipv4 interface brief", anywhere, shows<show_ip_interface_brief>, true},
    {"show lldp neighbors", anywhere, shows<show_lldp_neighbors>, true},
    {"show logging", anywhere, shows<show_logging>, true},
    {"show platform", anywhere, shows<show_platform>, true},
    {"show route", anywhere, shows<show_route>, true},
    {"show running-config", anywhere, shows<show_running_config>, true},
    {"show version", anywhere, shows<show_version>, true},

    {"abort", any_configuration, abort},
    {"clear", any_configuration, clear},
    {"commit", any_configuration, commit},
    {"commit comment <line>", any_configuration, commit},
    {"commit label <line>", any_configuration, commit},
    {"root", any_configuration, leave_section},
    {"hostname <word>", configuration_mode, hostname},
    {"no hostname", configuration_mode, no_hostname},
    {"interface <line>", configuration_mode, interface},
    {"no interface <line>", configuration_mode, no_interface},
    {"domain <line>", configuration_mode, keep_line},
    {"no domain <line>", configuration_mode, drop_line},
    {"ipv4 access-list <word>", configuration_mode, section},
    {"no ipv4 access-list <line>", configuration_mode, no_section},
    {"logging <line>", configuration_mode, keep_line},
    {"no logging <line>", configuration_mode, drop_line},
    {"ntp server <word>", configuration_mode, keep_line},
    {"no ntp server <word>", configuration_mode, drop_line},
    {"router bgp <1-65535>", configuration_mode, section},
    {"router ospf <word>", configuration_mode, section},
    {"router static", configuration_mode, section},
    {"no router <line>", configuration_mode, no_section},
    {"snmp-server <line>", configuration_mode, keep_line},
    {"no snmp-server <line>", configuration_mode, drop_line},
    {"exit", configuration_mode, leave_configuration},
    // Has no function: what stands behind it is looked up again, with behind_do.
    {"do <line>", any_configuration, nullptr},
    {"end", any_configuration, leave_configuration},

    {"description <line>", interface_mode, description},
    {"exit", interface_mode, leave_section},
    {"ipv4 address <address> <mask>", interface_mode, address_and_mask},
    {"ipv4 address <prefix>", interface_mode, address_and_length},
    {"no description", interface_mode, no_description},
    {"no ipv4 address", interface_mode, no_address},
    {"no shutdown", interface_mode, no_shutdown},
    {"shutdown", interface_mode, shut_down},

    {"address-family <line>", section_mode, keep_line},
    {"exit", section_mode, leave_section},
    {"neighbor <line>", section_mode, keep_line},
    {"no neighbor <line>", section_mode, drop_line},
    {"<prefix> <line>", section_mode, keep_line},
    {"<1-2147483646> <line>", section_mode, keep_line},
};

constexpr PromptText prompts[] = {
    {exec_mode | privileged_mode, "RP/0/RP0/CPU0:{host}#"},
    {configuration_mode, "RP/0/RP0/CPU0:{host}(config)#"},
    {interface_mode, "RP/0/RP0/CPU0:{host}(config-if)#"},
    {section_mode, "RP/0/RP0/CPU0:{host}(config-{section})#"},
};

constexpr PipeWord pipes[] = {
    {"begin", FilterKind::begin},
    {"exclude", FilterKind::exclude},
    {"include", FilterKind::include},
};

constexpr ShortName short_names[] = {
    {"GigabitEthernet", "Gi"}, {"TenGigE", "Te"}, {"MgmtEth", "Mg"}, {"Loopback", "Lo"}};

constexpr std::string_view virtual_interfaces[] = {"Loopback"};

}  // namespace

}  // namespace iosxr

const Platform cisco_iosxr = {
    .name = "cisco_iosxr",
    .first_mode = privileged_mode,
    .prompts = iosxr::prompts,
    .commands = iosxr::commands,
    .pipes = {iosxr::pipes, false},
    .refusals = {.ambiguous = "{caret}% Ambiguous command: \"{line}\"\n",
                 .incomplete = "{caret}% Incomplete command.\n",
                 .invalid = "{caret}% Invalid input detected at '^' marker.\n",
                 .unknown = "{caret}% Invalid input detected at '^' marker.\n",
                 .privileged = "",
                 .executed = "{caret}% Invalid input detected at '^' marker.\n"},
    .paging = {" --More-- ", "\b\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b\b"},
    .login = {"\r\n\r\nUser Access Verification\r\n\r\n",
              "Username: ", "Password: ", "% User Authentication failed\r\n\r\n"},
    .short_names = iosxr::short_names,
    .virtual_interfaces = iosxr::virtual_interfaces,
    .hardware = {.model = "NCS-5501",
                 .version = "7.3.2",
                 .uptime = "1 day 2 hours 40 minutes",
                 .port = "GigabitEthernet0/0/0/{}",
                 .first_port = 0,
                 .loopback = "Loopback0",
                 .management = "MgmtEth0/RP0/CPU0/0"},
    .section_word = SectionWord::second,
    .shows_session_name = false,
    .stamps_output = true,
    .end = iosxr::leave_configuration,
    .stamp = iosxr::stamp,
};

}  // namespace rondo::lab
