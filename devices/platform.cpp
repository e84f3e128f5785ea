#include <algorithm>
#include <fstream>
#include <map>

#include <rondo/devices/detail/builtin_platforms.h>
#include <rondo/devices/errors.h>
#include <rondo/devices/platform.h>

namespace rondo::devices {

namespace {

constexpr std::size_t largest_definition = 1 << 20;

using Platforms = std::map<std::string, PlatformPtr, std::less<>>;

/// The definitions that are compiled in, by all their names.
const Platforms& builtin_platforms() {
  static const Platforms platforms = [] {
    Platforms all;
    for (const auto& [file, text] : detail::builtin_platform_texts()) {
      const PlatformPtr platform = parse_platform(text, std::string(file));
      all.emplace(platform->name, platform);
      for (const std::string& name : platform->names)
        all.emplace(name, platform);
    }
    return all;
  }();
  return platforms;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace

std::optional<Pattern::Match> PrivilegeLevel::prompt_at_end(std::string_view text) const {
  const auto match = pattern.search_end(text);
  if (!match) return std::nullopt;
  const std::string_view prompt = text.substr(match->begin);
  const bool excluded = std::ranges::any_of(not_contains, [prompt](const std::string& part) {
    return prompt.find(part) != std::string_view::npos;
  });
  if (excluded) return std::nullopt;
  return match;
}

const PrivilegeLevel* Platform::find_level(std::string_view level) const noexcept {
  const auto found = std::ranges::find(privilege_levels, level, &PrivilegeLevel::name);
  return found == privilege_levels.end() ? nullptr : &*found;
}

PlatformPtr load_platform(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw PlatformError(path + ": cannot be opened for reading");
  std::string text(largest_definition + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) throw PlatformError(path + ": cannot be read");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > largest_definition) {
    throw PlatformError(path + ": is larger than 1 MiB; is it the right file?");
  }
  return parse_platform(text, path);
}

PlatformPtr find_platform(const std::string& name) {
  const Platforms& platforms = builtin_platforms();
  const auto found = platforms.find(name);
  if (found != platforms.end()) return found->second;
  if (name.find('/') != std::string::npos || name.ends_with(".yaml")) return load_platform(name);
  throw UnsupportedPlatform("there is no platform '" + name +
                            "', but: " + joined(platform_names()) +
                            "; for one of your own, name its file (see platform.h)");
}

std::vector<std::string> platform_names() {
  std::vector<std::string> names;
  for (const auto& [name, platform] : builtin_platforms()) {
    if (name == platform->name) names.push_back(name);
  }
  return names;
}

}  // namespace rondo::devices
