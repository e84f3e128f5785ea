#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <initializer_list>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <rondo/lab/platform.h>
#include <rondo/lab/router.h>

namespace rondo::lab {

namespace {

constexpr std::size_t most_bytes = 1 << 20;
constexpr std::size_t most_routers = 1024;
constexpr std::size_t most_described_interfaces = 128;
constexpr std::size_t longest_text = 200;
constexpr double longest_delay = 60;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool valid_interface_name(std::string_view text) {
  const auto number = std::ranges::find_if(text, is_digit);
  if (number == text.begin() || number == text.end() || text.size() > 40) return false;
  return std::all_of(text.begin(), number, [](char c) { return is_letter(c) || c == '-'; }) &&
         std::all_of(number, text.end(), [](char c) {
           // XR has letters there: MgmtEth0/RP0/CPU0/0.
           return is_digit(c) || is_letter(c) || c == '/' || c == '.' || c == ':';
         });
}

std::string with_commas(std::initializer_list<std::string_view> words) {
  std::string result;
  for (const std::string_view word : words) {
    result.append(result.empty() ? "" : ", ").append(word);
  }
  return result;
}

// One mapping of the file, read key by key; knows where it stands for the error texts.
class Section {
 public:
  Section(const std::string& file, std::string what, const YAML::Node& node,
          std::initializer_list<std::string_view> keys)
      : file_(file), what_(std::move(what)), node_(node) {
    if (!node.IsMap()) fail(node, fmt::format("{} must be a mapping of keys to values", what_));
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) fail(entry.first, "a key must be a plain word");
      const std::string& key = entry.first.Scalar();
      if (std::ranges::find(keys, key) == keys.end()) {
        fail(entry.first, fmt::format("{} has the unknown key '{}'; the keys are {}", what_,
                                      key.substr(0, 40), with_commas(keys)));
      }
      if (!seen.insert(key).second) {
        fail(entry.first, fmt::format("{} has the key '{}' twice; keep one", what_, key));
      }
    }
  }

  [[noreturn]] void fail(const YAML::Node& at, const std::string& text) const {
    // An empty file has no mark; its first line is as good as any.
    throw RouterFileError(fmt::format("{}:{}: {}", file_, std::max(at.Mark().line, 0) + 1, text));
  }

  [[noreturn]] void fail(const char* key, const std::string& advice) const {
    const YAML::Node value = node_[key];
    fail(value ? value : node_, fmt::format("{}: '{}' {}", what_, key, advice));
  }

  bool has(const char* key) const { return bool{node_[key]}; }

  YAML::Node child(const char* key) const {
    if (!has(key)) fail(key, "is missing; every one needs it");
    return node_[key];
  }

  // One line of printable ASCII: whatever reaches a terminal or is typed into one.
  std::string text(const char* key) const {
    const YAML::Node value = child(key);
    if (!value.IsScalar() || value.Scalar().empty()) {
      fail(key, "must be a text; quote it if it begins with a special character");
    }
    const std::string& scalar = value.Scalar();
    if (scalar.size() > longest_text || !std::ranges::all_of(scalar, is_printable)) {
      fail(key,
           fmt::format("must be one line of at most {} printable ASCII characters", longest_text));
    }
    return scalar;
  }

  std::string text_or(const char* key, std::string otherwise) const {
    return has(key) ? text(key) : otherwise;
  }

  bool flag_or(const char* key, bool otherwise) const {
    if (!has(key)) return otherwise;
    const std::string value = text(key);
    if (value != "true" && value != "false") fail(key, "must be true or false");
    return value == "true";
  }

 private:
  const std::string& file_;
  std::string what_;  // "router 'r1'"
  YAML::Node node_;
};

Interface read_interface(const std::string& file, const std::string& router,
                         const YAML::Node& node) {
  const Section section(file, fmt::format("an interface of {}", router), node,
                        {"name", "ip", "status", "protocol", "description", "neighbor"});
  Interface interface;
  interface.name = section.text("name");
  if (!valid_interface_name(interface.name)) {
    section.fail("name", "must be letters and then numbers, such as GigabitEthernet0/0");
  }
  const std::string ip = section.text_or("ip", "unassigned");
  if (ip != "unassigned") {
    interface.address = parse_interface_address(ip);
    if (!interface.address) {
      section.fail("ip", "must be an address with its length, such as 10.0.0.1/24, or unassigned");
    }
  }
  const std::string status = section.text_or("status", "up");
  if (status == "down") {
    interface.status = InterfaceStatus::down;
  } else if (status == "administratively down") {
    interface.status = InterfaceStatus::administratively_down;
  } else if (status != "up") {
    section.fail("status", "must be up, down or administratively down");
  }
  const std::string protocol = section.text_or("protocol", status == "up" ? "up" : "down");
  if (protocol != "up" && protocol != "down") section.fail("protocol", "must be up or down");
  interface.protocol_up = protocol == "up";
  if (interface.protocol_up && interface.status != InterfaceStatus::up) {
    section.fail("protocol", "cannot be up while status is not up");
  }
  interface.description = section.text_or("description", "");
  if (section.has("neighbor")) {
    const std::string neighbor = section.text("neighbor");
    const std::size_t space = neighbor.find(' ');
    if (space == std::string::npos || !valid_interface_name(neighbor.substr(space + 1))) {
      section.fail("neighbor", "must be a hostname and its interface: r2 GigabitEthernet0/1");
    }
    interface.neighbor = neighbor.substr(0, space);
    interface.neighbor_interface = neighbor.substr(space + 1);
  }
  return interface;
}

std::uint16_t read_port(const Section& section) {
  const std::string text = section.text("port");
  const char* const last = text.data() + text.size();
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), last, port);
  if (error != std::errc{} || end != last) {
    section.fail("port", "must be a number from 0 (any free port) to 65535");
  }
  return port;
}

std::chrono::milliseconds read_delay(const Section& section, const char* key) {
  double seconds = 0;
  if (section.has(key) && (!YAML::convert<double>::decode(section.child(key), seconds) ||
                           !std::isfinite(seconds) || seconds < 0 || seconds > longest_delay)) {
    section.fail(key, fmt::format("must be seconds, from 0 to {}", longest_delay));
  }
  return std::chrono::milliseconds(std::lround(seconds * 1000));
}

Faults read_faults(const Section& section) {
  Faults faults;
  if (!section.has("faults")) return faults;
  const YAML::Node list = section.child("faults");
  if (!list.IsSequence()) section.fail("faults", "must be a list, such as [banner, hang]");
  for (const auto& entry : list) {
    const auto fault = entry.IsScalar() ? find_fault(entry.Scalar()) : std::nullopt;
    if (!fault) {
      section.fail(entry, "a fault must be one of " + fault_list());
    }
    faults.insert(*fault);
  }
  return faults;
}

std::map<unsigned, std::string> read_vlans(const Section& section) {
  std::map<unsigned, std::string> vlans;
  if (!section.has("vlans")) return vlans;
  const YAML::Node list = section.child("vlans");
  if (!list.IsMap()) section.fail("vlans", "must be numbers with their names, as in {10: users}");
  for (const auto& entry : list) {
    unsigned number = 0;
    const bool is_number = YAML::convert<unsigned>::decode(entry.first, number);
    if (!is_number || number < 2 || number > 4094 || !entry.second.IsScalar() ||
        !valid_hostname(entry.second.Scalar())) {
      section.fail(entry.first, "a VLAN must be a number from 2 to 4094 with a name of one word");
    }
    vlans[number] = entry.second.Scalar();
  }
  return vlans;
}

void read_platform(const Section& section, Router& router) {
  router.platform = section.text_or("platform", router.platform);
  if (!is_platform(router.platform)) {
    section.fail("platform", "must be one of " + platform_list());
  }
  router.version =
      section.text_or("version", std::string(platform_of(router.platform).hardware.version));
  router.uptime =
      section.text_or("uptime", std::string(platform_of(router.platform).hardware.uptime));
  const std::string transport = section.text_or("transport", "ssh");
  if (transport != "ssh" && transport != "telnet") {
    section.fail("transport", "must be ssh or telnet");
  }
  router.transport = transport == "ssh" ? Transport::ssh : Transport::telnet;
  if (section.has("privileged")) router.privileged = section.flag_or("privileged", false);
}

Router read_router(const std::string& file, const YAML::Node& node) {
  // The name is looked up before anything is checked, so that every text can say whose it is.
  std::string what = "a router";
  if (node.IsMap() && node["hostname"] && node["hostname"].IsScalar() &&
      valid_hostname(node["hostname"].Scalar())) {
    what = fmt::format("router '{}'", node["hostname"].Scalar());
  }
  const Section section(file, what, node,
                        {"hostname", "address", "port", "username", "password", "enable_secret",
                         "platform", "transport", "privileged", "version", "uptime", "delay",
                         "login_delay", "trusted", "faults", "vlans", "interfaces"});
  Router router;
  router.hostname = section.text("hostname");
  if (!valid_hostname(router.hostname)) {
    section.fail("hostname", "must be letters, digits and hyphens, and begin with a letter");
  }
  router.address = section.text("address");
  const auto address = parse_ipv4(router.address);
  if (!address) section.fail("address", "must be an IPv4 address, such as 127.0.100.1");
  if (*address >> 24 != 127) {
    section.fail("address", "must be within 127.0.0.0/8: the lab is for this machine alone");
  }
  router.address = format_ipv4(*address);
  router.port = read_port(section);
  router.username = section.text("username");
  router.password = section.text("password");
  router.enable_secret = section.text_or("enable_secret", "");
  read_platform(section, router);
  router.delay = read_delay(section, "delay");
  router.login_delay = read_delay(section, "login_delay");
  router.trusted = section.flag_or("trusted", true);
  router.faults = read_faults(section);
  router.vlans = read_vlans(section);
  apply_faults(router);

  const YAML::Node interfaces = section.child("interfaces");
  if (!interfaces.IsSequence() || interfaces.size() > most_described_interfaces) {
    section.fail("interfaces",
                 fmt::format("must be a list of at most {}", most_described_interfaces));
  }
  std::set<std::string> names;
  for (const auto& entry : interfaces) {
    router.interfaces.push_back(read_interface(file, what, entry));
    const std::string& name = router.interfaces.back().name;
    if (!names.insert(name).second) {
      section.fail(entry, fmt::format("{} has the interface {} twice; keep one", what, name));
    }
  }
  return router;
}

std::string read_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw RouterFileError(fmt::format("{}: cannot be opened for reading", file));
  std::string text(most_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) throw RouterFileError(fmt::format("{}: cannot be read", file));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > most_bytes) {
    throw RouterFileError(
        fmt::format("{}: is larger than {} KiB; is it the right file?", file, most_bytes / 1024));
  }
  return text;
}

YAML::Node parse(const std::string& file) {
  try {
    return YAML::Load(read_file(file));
  } catch (const YAML::Exception& error) {
    // Behind a colon the parser may quote the file, and what it quotes may be a password.
    const std::string reason = error.msg.substr(0, error.msg.find(':'));
    throw RouterFileError(
        fmt::format("{}:{}: not YAML: {}; a value with special characters "
                    "must be quoted",
                    file, error.mark.line + 1, reason));
  }
}

}  // namespace

bool valid_hostname(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_letter(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

void apply_faults(Router& router) {
  constexpr std::chrono::milliseconds slow_login{3000};
  if (router.faults.contains(Fault::unknown_key)) router.trusted = false;
  if (router.faults.contains(Fault::slow_login) && router.login_delay.count() == 0) {
    router.login_delay = slow_login;
  }
}

std::vector<Router> load_routers(const std::filesystem::path& path) {
  const std::string file = path.string();
  const YAML::Node root = parse(file);
  const Section top(file, "the file", root, {"routers"});
  const YAML::Node list = top.child("routers");
  if (!list.IsSequence() || list.size() == 0 || list.size() > most_routers) {
    top.fail("routers", fmt::format("must be a list of 1 to {} routers", most_routers));
  }
  std::vector<Router> routers;
  std::set<std::string> hostnames;
  std::set<std::string> endpoints;
  for (const auto& entry : list) {
    Router router = read_router(file, entry);
    if (!hostnames.insert(router.hostname).second) {
      top.fail(entry, fmt::format("hostname '{}' is taken by a router above; names must differ",
                                  router.hostname));
    }
    const std::string endpoint = fmt::format("{}:{}", router.address, router.port);
    if (router.port != 0 && !endpoints.insert(endpoint).second) {
      top.fail(entry, fmt::format("router '{}': {} is taken by a router above; change the address "
                                  "or the port",
                                  router.hostname, endpoint));
    }
    routers.push_back(std::move(router));
  }
  return routers;
}

}  // namespace rondo::lab
