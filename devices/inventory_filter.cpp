#include <algorithm>
#include <set>

#include <fnmatch.h>

#include <rondo/devices/detail/inventory_reader.h>
#include <rondo/devices/inventory.h>
#include <rondo/devices/platform.h>

namespace rondo::devices {

namespace {

bool fits(const std::string& pattern, const std::string& text) {
  return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

/// What a device has under a key; a platform goes by several names.
std::vector<std::string> values(const InventoryDevice& device, const std::string& key) {
  const Options& options = device.options;
  if (key == "name") return {device.name};
  if (key == "host") return {options.host};
  if (key == "port") return {std::to_string(options.effective_port())};
  if (key == "transport") return {options.transport};
  if (key == "group") return device.groups;
  if (key == "platform") {
    const PlatformPtr platform = find_platform(options.platform);
    std::vector<std::string> names = platform->names;
    names.insert(names.end(), {platform->name, options.platform});
    return names;
  }
  const auto found = device.data.find(key);
  if (found == device.data.end()) return {};
  return {found->second};
}

/// One alternative: WORD, KEY=WORD or KEY!=WORD.
class Term {
 public:
  explicit Term(const std::string& text) {
    const std::size_t equals = text.find('=');
    pattern_ = equals == std::string::npos ? text : text.substr(equals + 1);
    if (equals == std::string::npos) return;
    is_opposite_ = equals > 0 && text[equals - 1] == '!';
    key_ = text.substr(0, is_opposite_ ? equals - 1 : equals);
  }

  const std::string& key() const noexcept { return key_; }

  bool applies_to(const InventoryDevice& device) const {
    if (key_.empty()) return has(device, "name") || has(device, "host") || has(device, "group");
    return has(device, key_) != is_opposite_;
  }

 private:
  bool has(const InventoryDevice& device, const std::string& key) const {
    return std::ranges::any_of(values(device, key),
                               [this](const std::string& value) { return fits(pattern_, value); });
  }

  std::string key_;  // empty: name, host or group
  std::string pattern_;
  bool is_opposite_ = false;
};

std::vector<Term> terms(const std::string& expression) {
  std::vector<Term> list;
  for (std::size_t begin = 0; begin <= expression.size();) {
    const std::size_t end = std::min(expression.find(',', begin), expression.size());
    list.emplace_back(expression.substr(begin, end - begin));
    begin = end + 1;
  }
  return list;
}

}  // namespace

void Inventory::filter(const std::vector<std::string>& expressions) {
  std::set<std::string> keys = {"name", "host", "port", "group", "platform", "transport"};
  for (const InventoryDevice& device : devices_)
    for (const auto& [key, value] : device.data)
      keys.insert(key);
  const std::vector<std::string> known(keys.begin(), keys.end());

  std::vector<InventoryDevice> left = devices_;
  std::string all;
  for (const std::string& expression : expressions) {
    all += (all.empty() ? "" : " ") + expression;
    const std::vector<Term> alternatives = terms(expression);
    for (const Term& term : alternatives) {
      if (term.key().empty() || keys.contains(term.key())) continue;
      throw InventoryError(path_ + ": no device has '" + term.key() + "', of the filter '" +
                           expression + "'" + detail::nearest(term.key(), known));
    }
    std::erase_if(left, [&alternatives](const InventoryDevice& device) {
      return std::ranges::none_of(alternatives,
                                  [&device](const Term& term) { return term.applies_to(device); });
    });
  }
  if (left.empty()) throw InventoryError(path_ + ": the filter '" + all + "' leaves no device");
  devices_ = std::move(left);
}

}  // namespace rondo::devices
