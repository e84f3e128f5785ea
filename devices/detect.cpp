#include <algorithm>
#include <utility>
#include <vector>

#include <rondo/devices/detect.h>
#include <rondo/devices/errors.h>
#include <rondo/devices/network_driver.h>
#include <rondo/runtime/async_with.h>

namespace rondo::devices {

namespace {

constexpr std::size_t shown_in_errors = 200;  // bytes of an answer

/// A command, and what its answer would tell.
class Probe {
 public:
  explicit Probe(std::string text) : command(std::move(text)) {}

  std::string command;
  std::vector<std::pair<std::string, Pattern>> signs;  // of platforms
};

/// The command that tells most comes first.
std::vector<Probe> make_probes() {
  std::vector<Probe> probes;
  for (const std::string& name : platform_names()) {
    for (const Detection& detection : find_platform(name)->detect) {
      auto probe = std::ranges::find(probes, detection.command, &Probe::command);
      if (probe == probes.end()) probe = probes.emplace(probes.end(), detection.command);
      probe->signs.emplace_back(name, detection.pattern);
    }
  }
  std::ranges::sort(probes, [](const Probe& one, const Probe& other) {
    const std::size_t more = one.signs.size();
    return more != other.signs.size() ? more > other.signs.size() : one.command < other.command;
  });
  return probes;
}

Coroutine<std::string> ask(const GenericDriver& driver) {
  std::string said;
  for (const Probe& probe : make_probes()) {
    const Response response = co_await driver.send_command(probe.command);
    for (const auto& [name, pattern] : probe.signs) {
      if (pattern.search(response.result)) co_return name;
    }
    said += "; to '" + probe.command + "' it says '" +
            response.result.substr(0, std::min(response.result.find('\n'), shown_in_errors)) + "'";
  }
  const std::string prompt = co_await driver.get_prompt();
  throw UnsupportedPlatform(driver.peer() + ": is of no platform that is known; its prompt is '" +
                            prompt + "'" + said);
}

}  // namespace

Coroutine<std::string> detect_platform(Options options) {
  options.platform = "terminal";
  options.default_desired_privilege_level.clear();
  options.on_init = nullptr;
  options.on_open = nullptr;
  options.on_close = nullptr;
  const auto body = [](GenericDriver& driver) -> Coroutine<std::string> { return ask(driver); };
  GenericDriver driver(std::move(options));
  co_return co_await async_with(driver, body);
}

}  // namespace rondo::devices
