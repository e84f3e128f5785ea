// Juniper's Junos. Its configuration is a tree (junos_statements.h) that a session changes with
// `set` and `delete` until `commit`; its prompt has two lines there.
#include <algorithm>

#include <fmt/format.h>

#include <rondo/lab/platforms/common.h>
#include <rondo/lab/platforms/junos_show.h>
#include <rondo/lab/platforms/junos_statements.h>
#include <rondo/lab/platforms/platforms.h>

namespace rondo::lab {

namespace junos {

namespace {

// --- operational mode

Reply screen_length(Vty& vty, Arguments arguments) {
  terminal_length(vty, arguments);
  return says(fmt::format("Screen length set to {}\n", vty.length));
}

Reply screen_width(Vty& vty, Arguments arguments) {
  terminal_width(vty, arguments);
  return says(fmt::format("Screen width set to {}\n", vty.width));
}

constexpr std::string_view no_completion = "Disabling complete-on-space\n";
constexpr std::string_view completion = "Enabling complete-on-space\n";

Reply start_shell(Vty& vty, Arguments) {
  vty.mode = shell_mode;
  return {};
}

Reply leave_shell(Vty& vty, Arguments) {
  vty.mode = exec_mode;
  return {};
}

Reply reboot(Vty& vty, Arguments) {
  vty.question = {"Reboot the system ? [yes,no] (no) ", Question::Answer::line,
                  [](Vty& asked, const std::string& answer) {
                    asked.closed = answer == "yes";
                    return Reply{};
                  }};
  return {};
}

Reply enter_configuration(Vty& vty, std::string_view text) {
  vty.candidate.emplace();
  vty.mode = configuration_mode;
  return says(std::string(text) + "Entering configuration mode\n");
}

Reply configure(Vty& vty, Arguments) {
  if (vty.device.configuration_locked(&vty)) {
    return says("error: configuration database locked by another session\n");
  }
  return enter_configuration(vty, "");
}

constexpr std::string_view discarded = "warning: uncommitted changes will be discarded on exit\n";

Reply configure_private(Vty& vty, Arguments arguments) {
  if (vty.device.configuration_locked(&vty)) return configure(vty, arguments);
  return enter_configuration(vty, discarded);
}

Reply configure_exclusive(Vty& vty, Arguments arguments) {
  if (!vty.device.lock_configuration(&vty)) return configure(vty, arguments);
  return enter_configuration(vty, discarded);
}

// --- configuration mode

// The words that `set` and the like mean, seen from where `edit` has gone.
std::string from_top(const Vty& vty, const std::string& words) {
  if (words.empty()) return vty.place;
  return vty.place.empty() ? words : vty.place + " " + words;
}

Reply set_statement(Vty& vty, Arguments arguments) {
  const Argument& typed = arguments[0];
  const std::string words = from_top(vty, typed.text);
  const Match match = match_statement(words);
  if (match.verdict != Verdict::matched) {
    const std::size_t before = words.size() - typed.text.size();
    const std::size_t at = match.verdict == Verdict::incomplete ? words.size() : match.offset;
    return {"", typed.offset + (at > before ? at - before : 0)};
  }
  vty.change("set " + typed.text, [statement = match.words](DeviceState& state) {
    Statements statements = statements_of(state);
    set(statements, statement);
    assign_statements(statements, state);
  });
  return {};
}

Reply delete_statement(Vty& vty, Arguments arguments) {
  const std::string words = from_top(vty, arguments[0].text);
  Statements statements = statements_of(vty.state());
  if (!remove(statements, words)) return says("warning: statement not found\n");
  vty.change("delete " + arguments[0].text, [words](DeviceState& state) {
    Statements changed = statements_of(state);
    remove(changed, words);
    assign_statements(changed, state);
  });
  return {};
}

Reply edit(Vty& vty, Arguments arguments) {
  vty.place = from_top(vty, arguments[0].text);
  return {};
}

Reply top(Vty& vty, Arguments) {
  vty.place.clear();
  return {};
}

Reply up(Vty& vty, Arguments) {
  const std::size_t space = vty.place.rfind(' ');
  vty.place.resize(space == std::string::npos ? 0 : space);
  return {};
}

Reply leave_at_once(Vty& vty) {
  vty.leave_configuration();
  vty.mode = exec_mode;
  return says("Exiting configuration mode\n");
}

Reply leave_configuration(Vty& vty, Arguments) {
  if (vty.candidate->changes.empty()) return leave_at_once(vty);
  vty.question = {
      "The configuration has been changed but not committed\n"
      "Exit with uncommitted changes? [yes,no] (yes) ",
      Question::Answer::line, [](Vty& asked, const std::string& answer) {
        return answer == "no" ? says("Exit aborted\n") : leave_at_once(asked);
      }};
  return {};
}

// One level of `edit` back, or out.
Reply leave_level(Vty& vty, Arguments arguments) {
  return vty.place.empty() ? leave_configuration(vty, arguments) : top(vty, arguments);
}

Reply commit(Vty& vty, Arguments) {
  if (vty.device.configuration_locked(&vty)) return configure(vty, {});
  if (const auto wrong = vty.device.commit(vty.candidate->changes)) {
    return says(fmt::format("error: {}\nerror: configuration check-out failed\n", *wrong));
  }
  vty.candidate.emplace();
  return says("commit complete\n");
}

Reply commit_and_quit(Vty& vty, Arguments arguments) {
  Reply reply = commit(vty, arguments);
  if (!vty.candidate->changes.empty()) return reply;
  reply.text += leave_at_once(vty).text;
  return reply;
}

constexpr std::string_view checked = "configuration check succeeds\n";

Reply rollback(Vty& vty, Arguments arguments) {
  const unsigned commits = arguments.empty() ? 0 : number_of(arguments[0]);
  const auto former = vty.device.committed(commits);
  if (!former) return says(fmt::format("error: could not open rollback {}\n", commits));
  vty.candidate.emplace();
  if (commits > 0) {
    vty.change(vty.line, [former](DeviceState& state) { state = *former; });
  }
  return says("load complete\n");
}

// --- show

bool wants(const Vty& vty, FilterKind kind) {
  return std::ranges::find(vty.filters, kind, &LineFilter::kind) != vty.filters.end();
}

std::string configuration_text(const Vty& vty, const Statements& statements,
                               const std::string& path) {
  return wants(vty, FilterKind::display) ? set_text(statements, path)
                                         : tree_text(statements, path, "");
}

Reply show_candidate(Vty& vty, Arguments arguments) {
  const Statements statements = statements_of(vty.state());
  if (wants(vty, FilterKind::compare)) {
    return says(difference_text(statements_of(vty.device.state()), statements));
  }
  const std::string path = from_top(vty, arguments.empty() ? "" : arguments[0].text);
  return says(configuration_text(vty, statements, path));
}

Reply show_configuration(Vty& vty, Arguments arguments) {
  const Statements statements = statements_of(vty.device.state());
  const bool all = arguments.empty();
  const std::string& version = vty.device.description().version;
  std::string head;
  if (all) {
    head = wants(vty, FilterKind::display)
               ? fmt::format("set version {}\n", version)
               : fmt::format("## Last commit: 2021-03-02 15:49:32 UTC by {}\nversion {};\n",
                             vty.device.description().username, version);
  }
  return says(head + configuration_text(vty, statements, all ? "" : arguments[0].text));
}

constexpr Mode operational = exec_mode | behind_do;

constexpr Command commands[] = {
    {"configure", exec_mode, configure},
    {"configure exclusive", exec_mode, configure_exclusive},
    {"configure private", exec_mode, configure_private},
    {"edit", exec_mode, configure},
    {"exit", exec_mode, leave},
    {"quit", exec_mode, leave},
    {"clear log messages", exec_mode, nothing},
    {"request system reboot", exec_mode, reboot},
    {"set cli screen-length <0-100000>", exec_mode, screen_length},
    {"set cli screen-width <0-1024>", exec_mode, screen_width},
    {"set cli complete-on-space off", exec_mode, always_says<no_completion>},
    {"set cli complete-on-space on", exec_mode, always_says<completion>},
    {"start shell", exec_mode, start_shell},

    {"show arp", operational, shows<show_arp>, true},
    {"show arp no-resolve", operational, shows<show_arp>, true},
    {"show bgp summary", operational, shows<show_bgp_summary>, true},
    {"show chassis hardware", operational, shows<show_chassis_hardware>, true},
    {"show configuration", operational, show_configuration, true},
    {"show configuration <word>", operational, show_configuration, true},
    {"show ethernet-switching table", operational, shows<show_ethernet_switching_table>, true},
    {"show interfaces descriptions", operational, shows<show_interfaces_descriptions>, true},
    {"show interfaces terse", operational, shows<show_interfaces_terse>, true},
    {"show lldp neighbors", operational, shows<show_lldp_neighbors>, true},
    {"show log messages", operational, shows<show_log_messages>, true},
    {"show ospf neighbor", operational, shows<show_ospf_neighbor>, true},
    {"show route", operational, shows<show_route>, true},
    {"show system uptime", operational, shows<show_system_uptime>, true},
    {"show version", operational, shows<show_version>, true},
    {"show vlans", operational, shows<show_vlans>, true},

    {"commit", configuration_mode, commit},
    {"commit and-quit", configuration_mode, commit_and_quit},
    {"commit check", configuration_mode, always_says<checked>},
    {"commit comment <line>", configuration_mode, commit},
    {"delete <line>", configuration_mode, delete_statement},
    {"edit <line>", configuration_mode, edit},
    {"exit", configuration_mode, leave_level},
    {"exit configuration-mode", configuration_mode, leave_configuration},
    {"quit", configuration_mode, leave_level},
    {"quit configuration-mode", configuration_mode, leave_configuration},
    {"rollback", configuration_mode, rollback},
    {"rollback <0-49>", configuration_mode, rollback},
    // Has no function: what stands behind it is looked up again, with behind_do.
    {"run <line>", configuration_mode, nullptr},
    {"set <line>", configuration_mode, set_statement},
    {"show", configuration_mode, show_candidate, true},
    {"show <word>", configuration_mode, show_candidate, true},
    {"top", configuration_mode, top},
    {"up", configuration_mode, up},

    {"cli", shell_mode, leave_shell},
    {"exit", shell_mode, leave_shell},
};

constexpr PromptText prompts[] = {
    {exec_mode, "\n{user}@{host}> "},
    {configuration_mode, "\n[edit{path}]\n{user}@{host}# "},
    {shell_mode, "% "},
};

constexpr PipeWord pipes[] = {
    {"compare", FilterKind::compare}, {"count", FilterKind::count_lines},
    {"display", FilterKind::display}, {"except", FilterKind::exclude},
    {"find", FilterKind::begin},      {"match", FilterKind::include},
    {"no-more", FilterKind::no_more},
};

}  // namespace

}  // namespace junos

const Platform juniper_junos = {
    .name = "juniper_junos",
    .first_mode = exec_mode,
    .prompts = junos::prompts,
    .commands = junos::commands,
    .pipes = {junos::pipes, true},
    .refusals = {.ambiguous = "{caret}'{word}' is ambiguous.\n",
                 .incomplete = "{caret}syntax error, expecting <command>.\n",
                 .invalid = "{caret}syntax error.\n",
                 .unknown = "{caret}unknown command.\n",
                 .privileged = "",
                 .executed = "error: syntax error: {line}\n"},
    .paging = {"---(more)---", "\r            \r"},
    .login = {"\r\n", "login: ", "Password:", "\r\nLogin incorrect\r\n"},
    .short_names = {},
    .virtual_interfaces = {},
    .hardware = {.model = "VMX",
                 .version = "21.4R1.12",
                 .uptime = "1d 02:40",
                 .port = "ge-0/0/{}",
                 .first_port = 0,
                 .loopback = "lo0",
                 .management = "fxp0"},
    .section_word = SectionWord::first,
    .shows_session_name = false,
    .stamps_output = false,
    .end = nullptr,
    .stamp = nullptr,
};

}  // namespace rondo::lab
