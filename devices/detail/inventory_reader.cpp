#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include <rondo/devices/detail/inventory_reader.h>
#include <rondo/devices/pattern.h>
#include <rondo/devices/platform.h>

// The keys of an inventory: what they are called, and what they set.

namespace rondo::devices::detail {

namespace {

constexpr std::size_t most_mistakes = 20;  // that are told

/// What a setting is given to, and who hears of mistakes.
struct Target {
  const std::string& key;
  const Setting& setting;
  InventoryDevice& device;
  Mistakes& mistakes;

  std::string text() const { return text_of(setting, key, mistakes); }
  std::string path() const { return resolved_path(text(), mistakes.path()); }
  void wrong(const std::string& right) const {
    mistakes.add(setting.line, "'" + key + "' must be " + right);
  }
};

void set_port(const Target& to) {
  int port = 0;
  if (to.setting.value.IsScalar() && YAML::convert<int>::decode(to.setting.value, port) &&
      port >= 1 && port <= 65535) {
    to.device.options.port = static_cast<std::uint16_t>(port);
  } else {
    to.wrong("a number from 1 to 65535");
  }
}

bool truth(const Target& to) {
  bool value = false;
  const bool is_one =
      to.setting.value.IsScalar() && YAML::convert<bool>::decode(to.setting.value, value);
  if (!is_one) to.wrong("true or false");
  return value;
}

Duration seconds(const Target& to) {
  double value = -1;
  const bool is_one =
      to.setting.value.IsScalar() && YAML::convert<double>::decode(to.setting.value, value);
  if (!is_one || !(value >= 0 && value <= 1e6)) {
    to.wrong("a number of seconds, 0 for no limit");
    return Duration::zero();
  }
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

void set_platform(const Target& to) {
  std::string name = to.text();
  if (name.ends_with(".yaml") || name.find('/') != std::string::npos) name = to.path();
  if (name.empty()) return;
  try {
    find_platform(name);
  } catch (const UnsupportedPlatform&) {
    to.mistakes.add(to.setting.line, "there is no platform '" + name.substr(0, 40) + "'" +
                                         nearest(name, platform_names()) +
                                         "; 'rondo platforms' lists them");
  } catch (const PlatformError& error) {
    to.mistakes.add(to.setting.line, std::string("the platform cannot be used: ") + error.what());
  }
  to.device.options.platform = name;
}

void set_transport(const Target& to) {
  const std::string name = to.text();
  if (name != "ssh" && name != "telnet") to.wrong("ssh or telnet");
  to.device.options.transport = name;
}

void set_prompt_pattern(const Target& to) {
  to.device.options.comms_prompt_pattern = to.text();
  try {
    Pattern{to.device.options.comms_prompt_pattern};
  } catch (const std::exception&) {
    to.wrong("a regular expression");
  }
}

void set_secret(const Target& to) {
  const std::string value = to.text();
  const auto behind = [&value](std::string_view prefix) { return value.substr(prefix.size()); };
  SecretSource source;
  if (value.starts_with("env:")) {
    source.kind = SecretSource::Kind::environment;
    source.name = behind("env:");
    if (source.name.empty()) to.wrong("env:NAME, with the name of a variable");
  } else if (value.starts_with("file:")) {
    source.kind = SecretSource::Kind::file;
    source.name = resolved_path(behind("file:"), to.mistakes.path());
    if (behind("file:").empty()) to.wrong("file:PATH, with the path of a file");
  } else if (value == "prompt" || value.starts_with("prompt:")) {
    source.kind = SecretSource::Kind::prompt;
    source.name = value == "prompt" ? "" : behind("prompt:");
    if (source.name.empty() && to.key == "auth_password") source.name = "Password";
    if (source.name.empty() && to.key == "auth_secondary") source.name = "Enable secret";
    if (source.name.empty()) source.name = "Passphrase of the private key";
  } else {
    source.text = value.starts_with("text:") ? behind("text:") : value;
  }
  to.device.secrets[to.key] = std::move(source);
}

struct Key {
  const char* name;
  const char* short_name;  // null: none
  void (*set)(const Target& to);
};

constexpr std::array keys = {
    Key{"host", nullptr, [](const Target& to) { to.device.options.host = to.text(); }},
    Key{"port", nullptr, set_port},
    Key{"platform", nullptr, set_platform},
    Key{"transport", nullptr, set_transport},
    Key{"auth_username", "username",
        [](const Target& to) { to.device.options.auth_username = to.text(); }},
    Key{"auth_password", "password", set_secret},
    Key{"auth_secondary", "secret", set_secret},
    Key{"auth_private_key", "private_key",
        [](const Target& to) { to.device.options.auth_private_key = to.path(); }},
    Key{"auth_private_key_passphrase", "passphrase", set_secret},
    Key{"auth_strict_key", "strict_key",
        [](const Target& to) { to.device.options.auth_strict_key = truth(to); }},
    Key{"auth_bypass", nullptr,
        [](const Target& to) { to.device.options.auth_bypass = truth(to); }},
    Key{"ssh_known_hosts_file", "known_hosts",
        [](const Target& to) { to.device.options.ssh_known_hosts_file = to.path(); }},
    Key{"ssh_config_file", nullptr,
        [](const Target& to) { to.device.options.ssh_config_file = to.path(); }},
    Key{"legacy", nullptr,
        [](const Target& to) { to.device.options.ssh_options.legacy = truth(to); }},
    Key{"timeout_socket", nullptr,
        [](const Target& to) { to.device.options.timeout_socket = seconds(to); }},
    Key{"timeout_transport", nullptr,
        [](const Target& to) { to.device.options.timeout_transport = seconds(to); }},
    Key{"timeout_ops", nullptr,
        [](const Target& to) { to.device.options.timeout_ops = seconds(to); }},
    Key{"comms_prompt_pattern", nullptr, set_prompt_pattern},
    Key{"textfsm_platform", nullptr,
        [](const Target& to) { to.device.options.textfsm_platform = to.text(); }},
    Key{"textfsm_templates", nullptr,
        [](const Target& to) { to.device.options.textfsm_templates = to.path(); }},
};

std::vector<std::string> names_of(KeysOf whose) {
  std::vector<std::string> names = {"data"};
  if (whose == KeysOf::device) names.insert(names.end(), {"name", "host"});
  if (whose != KeysOf::defaults) names.emplace_back("groups");
  for (const Key& key : keys) {
    if (std::string_view(key.name) == "host") continue;
    names.emplace_back(key.name);
    if (key.short_name != nullptr) names.emplace_back(key.short_name);
  }
  return names;
}

std::string long_name(const std::string& name) {
  const auto found = std::ranges::find_if(keys, [&name](const Key& key) {
    return key.short_name != nullptr && name == key.short_name;
  });
  return found == keys.end() ? name : found->name;
}

/// How many letters must be changed, added or taken away to make one of the other. (A row at a time
/// of the usual table, and what stands left of it.)
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> above(other.size());
  std::iota(above.begin(), above.end(), 1);
  std::size_t last = other.size();
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = i;
    last = i + 1;  // nothing of `other`
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t changed = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = above[j];
      last = above[j] = std::min({changed, diagonal + 1, last + 1});
    }
  }
  return last;
}

}  // namespace

void Mistakes::add_at(const std::string& place, const std::string& text) {
  lines_.push_back(place + ": " + text);
}

void Mistakes::throw_if_any() const {
  if (lines_.empty()) return;
  std::string text;
  for (std::size_t i = 0; i < std::min(lines_.size(), most_mistakes); ++i)
    text += (i == 0 ? "" : "\n") + lines_[i];
  if (lines_.size() > most_mistakes) {
    text += "\n" + path_ + ": and " + std::to_string(lines_.size() - most_mistakes) + " more";
  }
  throw InventoryError(text);
}

Settings read_settings(const YAML::Node& node, KeysOf whose, const std::string& what,
                       Mistakes& mistakes) {
  Settings settings;
  if (node.IsNull()) return settings;  // a group without any
  if (!node.IsMap()) {
    mistakes.add(line_of(node), what + " must be a mapping of keys to values, 'key: value'");
    return settings;
  }
  const std::vector<std::string> names = names_of(whose);
  for (const auto& entry : node) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
    Setting setting;
    setting.value = entry.second;
    setting.line = line_of(entry.first);
    if (std::ranges::find(names, key) == names.end()) {
      // A line without its colon may well be a password, so only what looks like a key is shown.
      const bool is_word =
          !key.empty() && key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
      std::string text = what + " has no key ";
      if (is_word) {
        text.append("'").append(key, 0, 40).append("'");
      } else {
        text.append("of that name");
      }
      text.append(nearest(key, names));
      mistakes.add(setting.line, text);
    } else if (!settings.emplace(long_name(key), setting).second) {
      std::string text = what;
      text.append(" has '").append(key).append("' twice");
      mistakes.add(setting.line, text);
    }
  }
  return settings;
}

void apply_settings(const Settings& settings, InventoryDevice& device, Mistakes& mistakes) {
  for (const Key& key : keys) {
    const auto found = settings.find(key.name);
    if (found != settings.end()) key.set(Target{found->first, found->second, device, mistakes});
  }
}

std::string text_of(const Setting& setting, const std::string& key, Mistakes& mistakes) {
  if (setting.value.IsScalar() &&
      setting.value.Scalar().find_first_of(std::string_view("\n\r\0", 3)) == std::string::npos) {
    return setting.value.Scalar();
  }
  mistakes.add(setting.line, setting.value.IsNull()
                                 ? "'" + key + "' has no value; an empty one is written ''"
                                 : "'" + key + "' must be a text of one line");
  return {};
}

std::size_t line_of(const YAML::Node& node) {
  return static_cast<std::size_t>(std::max(node.Mark().line, 0)) + 1;
}

std::string nearest(std::string_view word, std::span<const std::string> known) {
  std::size_t least = std::max<std::size_t>(word.size() / 3, 1) + 1;
  if (word.size() > 64) return {};
  std::string best;
  for (const std::string& name : known) {
    const std::size_t changes = distance(word, name);
    if (changes >= least) continue;
    least = changes;
    best = name;
  }
  return best.empty() ? best : "; is '" + best + "' meant?";
}

std::string resolved_path(const std::string& path, const std::string& inventory) {
  const char* const home = std::getenv("HOME");
  if (path.starts_with("~/") && home != nullptr) return home + path.substr(1);
  return (std::filesystem::path(inventory).parent_path() / path).string();
}

}  // namespace rondo::devices::detail
