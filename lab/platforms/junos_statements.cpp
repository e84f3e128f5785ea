#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include <rondo/lab/platforms/junos_statements.h>

namespace rondo::lab::junos {

namespace {

constexpr std::string_view between = " / ";
constexpr std::string_view address_levels = " / unit 0 / family inet / address ";

// What may be set; the forms of parameters are those of grammar.h. The functions are never run.
constexpr Command schema[] = {
    {"system / host-name <word>", configuration_mode},
    {"system / domain-name <word>", configuration_mode},
    {"system / time-zone <word>", configuration_mode},
    {"system / name-server <address>", configuration_mode},
    {"system / ntp / server <word>", configuration_mode},
    {"system / services / ssh", configuration_mode},
    {"system / services / telnet", configuration_mode},
    {"system / syslog / host <word> / any <word>", configuration_mode},
    {"system / login / message <line>", configuration_mode},
    {"interfaces / <word> / description <line>", configuration_mode},
    {"interfaces / <word> / disable", configuration_mode},
    {"interfaces / <word> / mtu <256-9192>", configuration_mode},
    {"interfaces / <word> / unit <0-16385> / description <line>", configuration_mode},
    {"interfaces / <word> / unit <0-16385> / family inet / address <prefix>", configuration_mode},
    {"snmp / community <word> / authorization <word>", configuration_mode},
    {"snmp / location <line>", configuration_mode},
    {"routing-options / autonomous-system <1-65535>", configuration_mode},
    {"routing-options / static / route <prefix> / next-hop <address>", configuration_mode},
    {"protocols / bgp / group <word> / type <word>", configuration_mode},
    {"protocols / bgp / group <word> / neighbor <address> / peer-as <1-65535>", configuration_mode},
    {"protocols / lldp / interface <word>", configuration_mode},
    {"protocols / ospf / area <word> / interface <word>", configuration_mode},
    {"vlans / <word> / vlan-id <1-4094>", configuration_mode},
};

std::vector<std::string> levels_of(std::string_view statement) {
  std::vector<std::string> levels;
  while (true) {
    const std::size_t end = std::min(statement.find(between), statement.size());
    levels.emplace_back(statement.substr(0, end));
    if (end == statement.size()) return levels;
    statement.remove_prefix(end + between.size());
  }
}

// Is `words` this statement, or a place above it?
bool lies_below(std::string_view statement, std::string_view words) {
  const std::string whole = words_of(statement);
  return words.empty() || whole == words || whole.starts_with(std::string(words) + " ");
}

// All of a statement but the value of its leaf, when there can be only one.
std::string single_part(std::string_view statement) {
  constexpr std::string_view singles[] = {
      "host-name",         "domain-name", "time-zone", "description", "mtu",     "location",
      "autonomous-system", "type",        "peer-as",   "vlan-id",     "message", "authorization"};
  const std::size_t level = statement.rfind(between);
  const std::size_t leaf = level == std::string_view::npos ? 0 : level + between.size();
  const std::size_t space = std::min(statement.find(' ', leaf), statement.size());
  const std::string_view word = statement.substr(leaf, space - leaf);
  const bool is_address = word == "address" && statement.starts_with("interfaces");
  const bool single = is_address || std::ranges::find(singles, word) != std::end(singles);
  return std::string(single ? statement.substr(0, space) : statement);
}

using Leaf = std::vector<std::string>;

void write_tree(std::string& text, std::span<const Leaf> leaves, std::size_t depth,
                std::size_t indent, std::string_view mark) {
  std::vector<std::string> done;
  for (const Leaf& leaf : leaves) {
    const std::string& name = leaf[depth];
    const std::string margin = std::string(mark) + std::string(indent * 4, ' ');
    if (leaf.size() == depth + 1) {
      text += margin + name + ";\n";
      continue;
    }
    if (std::ranges::find(done, name) != done.end()) continue;
    done.push_back(name);
    std::vector<Leaf> within;
    std::ranges::copy_if(leaves, std::back_inserter(within), [&](const Leaf& other) {
      return other.size() > depth + 1 && other[depth] == name;
    });
    text += margin + name + " {\n";
    write_tree(text, within, depth + 1, indent + 1, mark);
    text += margin + "}\n";
  }
}

// How many levels the words of a path are.
std::size_t depth_of(const Leaf& leaf, std::string_view path) {
  std::string words;
  for (std::size_t depth = 0; depth < leaf.size(); ++depth) {
    if (words == path) return depth;
    words.append(words.empty() ? "" : " ").append(leaf[depth]);
  }
  return 0;
}

}  // namespace

std::string words_of(std::string_view statement) {
  std::string words;
  for (const std::string& level : levels_of(statement))
    words.append(words.empty() ? "" : " ").append(level);
  return words;
}

Statements statements_of(const DeviceState& state) {
  Statements statements = {"system / host-name " + state.hostname};
  for (const DeviceInterface& interface : state.interfaces) {
    const std::string place = "interfaces / " + interface.name();
    if (!interface.description.empty()) {
      statements.push_back(fmt::format("{} / description \"{}\"", place, interface.description));
    }
    if (interface.shutdown) statements.push_back(place + " / disable");
    if (interface.address) {
      statements.push_back(fmt::format("{}{}{}/{}", place, address_levels,
                                       format_ipv4(interface.address->address),
                                       interface.address->prefix_length));
    }
    for (const std::string& line : interface.lines)
      statements.push_back(fmt::format("{}{}{}", place, between, line));
  }
  for (const Vlan& vlan : state.vlans) {
    if (vlan.number == 1) continue;
    statements.push_back(fmt::format("vlans / {} / vlan-id {}", vlan.name, vlan.number));
  }
  for (const ConfigurationSection& section : state.sections)
    statements.insert(statements.end(), section.lines.begin(), section.lines.end());
  return statements;
}

void assign_statements(const Statements& statements, DeviceState& state) {
  state.hostname = "Amnesiac";  // what Junos calls itself without one
  state.vlans.resize(1);
  state.sections.clear();
  for (DeviceInterface& interface : state.interfaces) {
    interface.description.clear();
    interface.shutdown = false;
    interface.address.reset();
    interface.lines.clear();
  }
  for (const std::string& statement : statements) {
    const std::vector<std::string> levels = levels_of(statement);
    const std::string& leaf = levels.back();
    const std::string value = leaf.substr(std::min(leaf.find(' ') + 1, leaf.size()));
    if (levels[0] == "system" && leaf.starts_with("host-name ")) {
      state.hostname = value;
    } else if (levels[0] == "vlans") {
      unsigned number = 0;
      std::from_chars(value.data(), value.data() + value.size(), number);
      state.vlans.push_back({number, levels[1]});
    } else if (levels[0] == "interfaces" && state.add_interface(levels[1])) {
      DeviceInterface& interface = *state.find_interface(levels[1]);
      if (leaf == "disable") {
        interface.shutdown = true;
      } else if (levels.size() == 3 && leaf.starts_with("description ")) {
        interface.description = value;
        std::erase(interface.description, '"');
      } else if (statement.find(address_levels) != std::string::npos) {
        interface.address = parse_interface_address(value);
      } else {
        interface.lines.push_back(
            statement.substr(levels[0].size() + levels[1].size() + 2 * between.size()));
      }
    } else {
      state.section("").lines.push_back(statement);
    }
  }
  std::ranges::sort(state.vlans, {}, &Vlan::number);
}

void set(Statements& statements, const std::string& statement) {
  const std::string part = single_part(statement);
  const auto old = std::ranges::find_if(statements, [&](const std::string& known) {
    return known == statement || (part != statement && single_part(known) == part);
  });
  if (old != statements.end()) {
    *old = statement;
  } else {
    statements.push_back(statement);
  }
}

bool remove(Statements& statements, std::string_view words) {
  return std::erase_if(statements, [&](const std::string& statement) {
           return lies_below(statement, words);
         }) > 0;
}

std::string tree_text(const Statements& statements, std::string_view path, std::string_view mark) {
  std::vector<Leaf> leaves;
  std::size_t depth = 0;
  for (const std::string& statement : statements) {
    if (!lies_below(statement, path)) continue;
    leaves.push_back(levels_of(statement));
    depth = depth_of(leaves.back(), path);
  }
  std::string text;
  write_tree(text, leaves, depth, 0, mark);
  return text;
}

std::string set_text(const Statements& statements, std::string_view path) {
  std::string text;
  for (const std::string& statement : statements) {
    if (lies_below(statement, path)) text += "set " + words_of(statement) + "\n";
  }
  return text;
}

std::string difference_text(const Statements& before, const Statements& after) {
  std::string text;
  std::string shown;
  const auto add = [&](const std::string& statement, std::string_view mark) {
    const std::size_t level = statement.rfind(between);
    const std::string place = words_of(statement.substr(0, level));
    if (place != std::exchange(shown, place)) text += fmt::format("[edit {}]\n", place);
    text += fmt::format("{}   {};\n", mark, statement.substr(level + between.size()));
  };
  for (const std::string& statement : before) {
    if (std::ranges::find(after, statement) != after.end()) continue;
    add(statement, "-");
    for (const std::string& other : after) {
      const bool replaces = other != statement && single_part(other) == single_part(statement);
      if (replaces) add(other, "+");
    }
  }
  for (const std::string& statement : after) {
    const bool known = std::ranges::any_of(before, [&](const std::string& old) {
      return old == statement || single_part(old) == single_part(statement);
    });
    if (!known) add(statement, "+");
  }
  return text;
}

Match match_statement(std::string_view words) {
  Match match = match_line(schema, {}, configuration_mode, words);
  if (match.verdict != Verdict::matched) return match;
  // The levels go where the syntax has them.
  std::string statement;
  std::string_view syntax = match.command->syntax;
  std::string_view rest = match.words;
  while (!syntax.empty()) {
    const std::size_t space = std::min(syntax.find(' '), syntax.size());
    const std::string_view word = syntax.substr(0, space);
    syntax.remove_prefix(std::min(space + 1, syntax.size()));
    const std::size_t end =
        word == "/" ? 0 : std::min(word == "<line>" ? rest.size() : rest.find(' '), rest.size());
    statement += statement.empty() ? "" : " ";
    statement += word == "/" ? word : rest.substr(0, end);
    if (word != "/") rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  match.words = statement;
  return match;
}

}  // namespace rondo::lab::junos
