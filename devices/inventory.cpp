#include <algorithm>
#include <fstream>
#include <set>

#include <sys/stat.h>

#include <rondo/devices/detail/inventory_reader.h>
#include <rondo/devices/inventory.h>
#include <rondo/devices/platform.h>

namespace rondo::devices {

namespace {

using detail::KeysOf;
using detail::Mistakes;
using detail::Setting;
using detail::Settings;

constexpr std::size_t largest_inventory = 32 << 20;

YAML::Node load_inventory(std::string_view text, const std::string& path) {
  try {
    return YAML::Load(std::string(text));
  } catch (const YAML::Exception& error) {
    // Behind a colon it may quote the file, and that may be a password.
    throw InventoryError(path + ":" + std::to_string(std::max(error.mark.line, 0) + 1) +
                         ": no YAML: " + error.msg.substr(0, error.msg.find(':')) +
                         "; a text with special characters must be in single quotes");
  }
}

std::string yaml_text(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw InventoryError(path + ": cannot be opened for reading");
  std::string text;
  char piece[16384];
  while (stream.read(piece, sizeof piece) || stream.gcount() > 0) {
    text.append(piece, static_cast<std::size_t>(stream.gcount()));
    if (text.size() > largest_inventory) {
      throw InventoryError(path + ": is larger than 32 MiB; is it the right file?");
    }
  }
  if (stream.bad()) throw InventoryError(path + ": cannot be read");
  return text;
}

/// Reads one file: settings of devices, of groups, and defaults, and what follows from them.
class Reader {
 public:
  Reader(const std::string& path, const std::string& platform)
      : mistakes_(path), platform_(platform) {}

  std::vector<InventoryDevice> read(const YAML::Node& root) {
    const YAML::Node list = list_of_devices(root);
    for (const YAML::Node& node : list)
      read_device(node);
    if (devices_.empty()) mistakes_.add(1, "there is no device; a list of devices is expected");
    mistakes_.throw_if_any();
    return std::move(devices_);
  }

 private:
  YAML::Node list_of_devices(const YAML::Node& root) {
    if (root.IsSequence() || root.IsNull()) return root;
    const std::vector<std::string> parts = {"defaults", "groups", "devices"};
    if (!root.IsMap()) {
      mistakes_.add(1, "a list of devices is expected, or a mapping with 'devices'");
      mistakes_.throw_if_any();
    }
    YAML::Node list;
    for (const auto& entry : root) {
      const std::string part = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
      if (part == "defaults") {
        defaults_ = read_settings(entry.second, KeysOf::defaults, "defaults", mistakes_);
      } else if (part == "groups") {
        read_groups(entry.second);
      } else if (part == "devices") {
        list.reset(entry.second);
      } else {
        mistakes_.add(detail::line_of(entry.first),
                      "the parts of an inventory are defaults, groups and devices" +
                          detail::nearest(part, parts));
      }
    }
    if (!list.IsSequence() && !list.IsNull()) {
      mistakes_.add(detail::line_of(list), "'devices' must be a list, '- host: ...'");
      mistakes_.throw_if_any();
    }
    return list;
  }

  void read_groups(const YAML::Node& node) {
    has_groups_ = true;
    if (!node.IsMap()) {
      mistakes_.add(detail::line_of(node), "'groups' must be a mapping of names to settings");
      return;
    }
    for (const auto& entry : node) {
      const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
      Settings settings =
          read_settings(entry.second, KeysOf::group, "the group '" + name + "'", mistakes_);
      if (!groups_.emplace(name, std::move(settings)).second) {
        mistakes_.add(detail::line_of(entry.first), "there are two groups '" + name + "'");
      }
      group_names_.push_back(name);
    }
  }

  std::vector<std::string> texts(const Settings& settings, const std::string& key) {
    std::vector<std::string> list;
    const auto found = settings.find(key);
    if (found == settings.end() || found->second.value.IsNull()) return list;
    Setting entry = found->second;
    const YAML::Node value = entry.value;
    if (value.IsScalar()) return {text_of(entry, key, mistakes_)};
    if (!value.IsSequence()) mistakes_.add(entry.line, "'" + key + "' must be a list: [one, two]");
    if (!value.IsSequence()) return list;
    for (const YAML::Node& node : value) {
      entry.value.reset(node);
      list.push_back(text_of(entry, key, mistakes_));
    }
    return list;
  }

  /// Takes over what is not set yet, from the groups that the settings name, each once.
  void inherit(const Settings& from, std::vector<std::string>& groups, Settings& all) {
    for (const std::string& name : texts(from, "groups")) {
      if (std::ranges::find(groups, name) != groups.end()) continue;
      groups.push_back(name);
      const auto group = groups_.find(name);
      if (group == groups_.end()) {
        if (has_groups_) {
          mistakes_.add(from.at("groups").line, "there is no group '" + name.substr(0, 40) + "'" +
                                                    detail::nearest(name, group_names_));
        }
        continue;
      }
      add(group->second, all);
      inherit(group->second, groups, all);
    }
  }

  void add(const Settings& from, Settings& all) {
    for (const auto& [key, setting] : from) {
      if (key == "data") add_data(setting);
      all.emplace(key, setting);  // unless it is there
    }
  }

  void add_data(const Setting& setting) {
    if (!setting.value.IsMap()) {
      mistakes_.add(setting.line, "'data' must be a mapping of words to words");
      return;
    }
    for (const auto& entry : setting.value) {
      if (entry.first.IsScalar() && entry.second.IsScalar()) {
        data_.emplace(entry.first.Scalar(), entry.second.Scalar());
      } else {
        mistakes_.add(detail::line_of(entry.first), "what 'data' has must be single words");
      }
    }
  }

  void read_device(const YAML::Node& node) {
    const Settings own = read_settings(node, KeysOf::device, "a device", mistakes_);
    InventoryDevice device;
    std::size_t line = own.empty() ? detail::line_of(node) : own.begin()->second.line;
    for (const auto& [key, setting] : own)
      line = std::min(line, setting.line);
    device.where = mistakes_.place(line);
    Settings all;
    data_.clear();
    add(own, all);
    inherit(own, device.groups, all);
    add(defaults_, all);
    device.data = data_;
    apply_settings(all, device, mistakes_);
    device.name = device.options.host;
    if (const auto name = own.find("name"); name != own.end()) {
      device.name = text_of(name->second, "name", mistakes_);
    }
    check(device, all);
    devices_.push_back(std::move(device));
  }

  void check(InventoryDevice& device, const Settings& all) {
    const auto wrong = [&](const std::string& text) { mistakes_.add_at(device.where, text); };
    if (device.options.host.empty()) return wrong("a device needs a 'host', a name or an address");
    for (const std::string& word : {device.options.host, device.name}) {
      if (word.empty() || word[0] == '.' || word[0] == '-' ||
          word.find_first_of(" \t/,=!*?[") != std::string::npos) {
        wrong("names and hosts have no blanks, none of / , = ! * ? [ and no . or - in front");
        break;
      }
    }
    if (!all.contains("platform")) device.options.platform = platform_;
    if (device.options.platform.empty()) {
      wrong("'" + device.name + "' has no 'platform'; 'rondo platforms' lists them");
    }
    const std::string address = device.options.peer() + " " + device.options.transport;
    const auto [same, is_new] = addresses_.emplace(address, device.where);
    if (!is_new) wrong("the same host and port as in " + same->second);
    const auto [namesake, is_first] = names_.emplace(device.name, device.where);
    if (is_new && !is_first) {
      wrong("a device '" + device.name + "' is in " + namesake->second +
            " already; give each a 'name'");
    }
  }

  Mistakes mistakes_;
  const std::string platform_;
  Settings defaults_;
  bool has_groups_ = false;
  std::map<std::string, Settings, std::less<>> groups_;
  std::vector<std::string> group_names_;
  std::map<std::string, std::string> addresses_;          // -> where
  std::map<std::string, std::string> names_;              // -> where
  std::map<std::string, std::string, std::less<>> data_;  // of the device that is read
  std::vector<InventoryDevice> devices_;
};

bool has_text(const InventoryDevice& device) {
  return std::ranges::any_of(device.secrets, [](const auto& entry) {
    return entry.second.kind == SecretSource::Kind::text && !entry.second.text.empty();
  });
}

}  // namespace

Inventory Inventory::parse(std::string_view text, const std::string& path,
                           const std::string& platform) {
  Inventory inventory;
  inventory.path_ = path;
  inventory.devices_ = Reader(path, platform).read(load_inventory(text, path));
  return inventory;
}

Inventory Inventory::load(const std::string& path, const std::string& platform) {
  Inventory inventory = parse(yaml_text(path), path, platform);
  struct stat status{};
  const bool is_open = ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
  if (is_open && std::ranges::any_of(inventory.devices_, has_text)) {
    inventory.warnings_.push_back(path + ": everybody can read the passwords in this file; " +
                                  "'chmod o-r' it, or write env:NAME, file:PATH or prompt");
  }
  return inventory;
}

}  // namespace rondo::devices
