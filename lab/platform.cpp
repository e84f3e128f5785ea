#include <algorithm>
#include <array>
#include <stdexcept>

#include <fmt/format.h>

#include <rondo/lab/platform.h>
#include <rondo/lab/platforms/platforms.h>
#include <rondo/lab/vty.h>

namespace rondo::lab {

namespace {

constexpr std::size_t longest_session_name = 6;

constexpr std::array all_platforms = {&cisco_iosxe, &cisco_nxos, &cisco_iosxr, &arista_eos,
                                      &juniper_junos};

std::string session_text(const Vty& vty) {
  if (!vty.candidate || vty.candidate->session.empty()) return "";
  if (!vty.platform.shows_session_name) return "-s";
  return "-s-" + vty.candidate->session.substr(0, longest_session_name);
}

std::string section_text(const Vty& vty) {
  if (vty.place.find("access-list ") != std::string::npos) {
    if (vty.place.find(" standard ") != std::string::npos) return "std-nacl";
    return vty.place.find(" extended ") != std::string::npos ? "ext-nacl" : "acl";
  }
  const std::size_t space = std::min(vty.place.find(' '), vty.place.size());
  const std::size_t second = std::min(space + 1, vty.place.size());
  const std::size_t end = std::min(vty.place.find(' ', second), vty.place.size());
  switch (vty.platform.section_word) {
    case SectionWord::first:
      break;
    case SectionWord::second:
      return vty.place.substr(second, end - second);
    case SectionWord::both:
      return vty.place.substr(0, space) + "-" + vty.place.substr(second, end - second);
  }
  return vty.place.substr(0, space);
}

std::string path_text(const Vty& vty) {
  return vty.place.empty() ? "" : " " + vty.place;
}

}  // namespace

const Platform& platform_of(std::string_view name) {
  const auto found = std::ranges::find(all_platforms, name, &Platform::name);
  if (found == all_platforms.end()) throw std::out_of_range(fmt::format("no platform '{}'", name));
  return **found;
}

bool is_platform(std::string_view name) {
  return std::ranges::find(all_platforms, name, &Platform::name) != all_platforms.end();
}

std::vector<std::string_view> platform_names() {
  std::vector<std::string_view> names(all_platforms.size());
  std::ranges::transform(all_platforms, names.begin(), &Platform::name);
  return names;
}

std::string platform_list() {
  return fmt::format("{}", fmt::join(platform_names(), ", "));
}

std::string prompt_of(const Vty& vty) {
  const auto text = std::ranges::find_if(vty.platform.prompts, [&](const PromptText& prompt) {
    return (prompt.modes & vty.mode) != 0;
  });
  if (text == vty.platform.prompts.end()) return "> ";
  // The candidate's hostname shows only after its commit.
  const std::string host = vty.device.hostname();
  std::string prompt =
      fmt::format(fmt::runtime(text->text), fmt::arg("host", host),
                  fmt::arg("user", vty.device.description().username),
                  fmt::arg("session", session_text(vty)), fmt::arg("section", section_text(vty)),
                  fmt::arg("port", short_name(vty.platform, vty.interface())),
                  fmt::arg("path", path_text(vty)));
  // Junos on two routing engines: its line stands above the prompt, or before "[edit]".
  if (vty.device.description().faults.contains(Fault::two_line_prompt) && prompt.front() == '\n') {
    prompt.insert(1, vty.mode == configuration_mode ? "{master:0}" : "{master:0}\n");
  }
  return prompt;
}

std::string short_name(const Platform& platform, std::string_view interface) {
  for (const ShortName& name : platform.short_names) {
    if (interface.starts_with(name.kind)) {
      return std::string(name.letters).append(interface.substr(name.kind.size()));
    }
  }
  return std::string(interface);
}

}  // namespace rondo::lab
