#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include <rondo/devices/inventory.h>

// The parts that an inventory is read with.

namespace rondo::devices::detail {

/// Collects mistakes, so that all of them are told at once.
class Mistakes {
 public:
  explicit Mistakes(std::string path) : path_(std::move(path)) {}

  void add(std::size_t line, const std::string& text) { add_at(place(line), text); }
  void add_at(const std::string& place, const std::string& text);
  /// Throws InventoryError if there are any.
  void throw_if_any() const;

  /// "devices.yaml:3"
  std::string place(std::size_t line) const { return path_ + ":" + std::to_string(line); }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  std::vector<std::string> lines_;
};

/// A value of the file, and where it stands.
class Setting {
 public:
  YAML::Node value;
  std::size_t line = 0;  // of the key, from 1
};

/// The settings of a device, a group or the defaults, by the long names of their keys.
using Settings = std::map<std::string, Setting, std::less<>>;

enum class KeysOf { device, group, defaults };

/// The entries of a mapping; unknown and repeated keys are mistakes.
Settings read_settings(const YAML::Node& node, KeysOf whose, const std::string& what,
                       Mistakes& mistakes);

/// Sets what the settings say (but name, groups and data). What cannot be is a mistake.
void apply_settings(const Settings& settings, InventoryDevice& device, Mistakes& mistakes);

/// A text without line ends; a mistake, and an empty text, for what is none.
std::string text_of(const Setting& setting, const std::string& key, Mistakes& mistakes);

/// One line behind another, from 1.
std::size_t line_of(const YAML::Node& node);

/// The word that is most like `word`, in quotes, with a question around it: " (is 'port' meant?)";
/// empty when none is.
std::string nearest(std::string_view word, std::span<const std::string> known);

/// A path as the file has it: from where the file lies, "~/" from the user's home.
std::string resolved_path(const std::string& path, const std::string& inventory);

}  // namespace rondo::devices::detail
