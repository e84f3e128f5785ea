#include <utility>

#include <rondo/devices/detail/device.h>
#include <rondo/devices/drivers.h>
#include <rondo/devices/netdev.h>

namespace rondo::devices::netdev {

namespace {

constexpr const char* enabled_level = "privilege_exec";

/// Awaits, and throws what goes wrong in netdev's words.
template <class T>
Coroutine<T> in_netdev_words(Coroutine<T> work) {
  try {
    co_return co_await work;
  } catch (const Timeout& error) {
    throw TimeoutError(static_cast<const Error&>(error).what());
  } catch (const ConnectionError& error) {
    throw DisconnectError(static_cast<const Error&>(error).what());
  } catch (const ConnectionNotOpened& error) {
    throw DisconnectError(static_cast<const Error&>(error).what());
  } catch (const AuthenticationFailed& error) {
    throw DisconnectError(static_cast<const Error&>(error).what());
  }
}

std::string last_line(std::string_view text) {
  const std::size_t newline = text.rfind('\n');
  return std::string(newline == std::string_view::npos ? text : text.substr(newline + 1));
}

SendOptions where_it_stands(const NetworkDriver& driver) {
  SendOptions options;
  options.privilege_level = driver.current_privilege_level();
  return options;
}

/// Is the present level `name`, or does the way to it lead through that?
bool stands_in(const NetworkDriver& driver, const std::string& name) {
  const Platform& platform = driver.platform();
  const PrivilegeLevel* level = platform.find_level(driver.current_privilege_level());
  while (level != nullptr && level->name != name)
    level = platform.find_level(level->previous);
  return level != nullptr && !name.empty();
}

const PrivilegeLevel& level_of(const NetworkDriver& driver, const std::string& name,
                               const char* what) {
  const PrivilegeLevel* const level = driver.platform().find_level(name);
  if (level != nullptr) return *level;
  throw PrivilegeError(driver.peer() + ": " + driver.platform().name + " has no " + what);
}

const PrivilegeLevel& configuration_of(const NetworkDriver& driver) {
  return level_of(driver, driver.platform().configuration_level, "configuration mode");
}

Coroutine<void> enter(NetworkDriver driver, std::string name) {
  const bool is_there = stands_in(driver, name);
  if (!is_there) co_await driver.acquire_priv(name);
}

Coroutine<void> leave(NetworkDriver driver, std::string name) {
  const bool is_there = stands_in(driver, name);
  if (is_there) co_await driver.acquire_priv(driver.platform().find_level(name)->previous);
}

Coroutine<std::string> send_and_strip(NetworkDriver driver, std::string command,
                                      CommandOptions options) {
  SendOptions how = where_it_stands(driver);
  how.strip_prompt = options.strip_prompt;
  std::string result;
  if (options.pattern.empty()) {
    const Response response = co_await driver.send_command(command, how);
    result = response.result;
  } else {
    std::string pattern = options.pattern;
    if (!options.re_flags.empty()) pattern = "(?" + options.re_flags + ")" + pattern;
    std::vector<Pattern> patterns = {Pattern(pattern)};
    auto reading = driver.send_and_read(command, std::move(patterns), Duration::zero(), how);
    const Response response = co_await reading;
    result = response.result;
  }
  co_return options.strip_command ? result : command + "\n" + result;
}

Coroutine<std::string> configure(NetworkDriver driver, std::vector<std::string> commands,
                                 ConfigOptions options) {
  const Platform& platform = driver.platform();
  if (platform.configuration_level.empty()) {
    const SendOptions how = where_it_stands(driver);
    const MultiResponse said = co_await driver.send_commands(std::move(commands), how);
    co_return said.result();
  }
  SendOptions how;
  if (stands_in(driver, platform.configuration_level)) how = where_it_stands(driver);
  how.failed_when_contains.emplace();  // netdev's users look at the text themselves
  const MultiResponse said = co_await driver.send_configs(std::move(commands), how);
  std::string text = said.result();
  if (options.with_commit && !platform.commit.empty()) {
    std::string refused;
    try {
      const Response committed = co_await driver.commit(options.commit_comment);
      text += "\n" + committed.channel_input + "\n" + committed.result;
    } catch (const CommandFailure& error) {
      refused = static_cast<const Error&>(error).what();
    }
    if (!refused.empty()) {
      co_await driver.abort_config();
      throw CommitError(refused);
    }
  }
  if (options.exit_config_mode) co_await leave(driver, platform.configuration_level);
  co_return text;
}

}  // namespace

// Out of line, as g++ 12 wants them for temporaries inside an await.
Parameters::Parameters() = default;
CommandOptions::CommandOptions() = default;
ConfigOptions::ConfigOptions() = default;

Device create(Parameters parameters) {
  Options options = std::move(parameters.options);
  options.host = std::move(parameters.host);
  options.port = parameters.port;
  options.auth_username = std::move(parameters.username);
  options.auth_password = std::move(parameters.password);
  options.auth_secondary = std::move(parameters.secret);
  options.auth_strict_key = parameters.strict_host_key;
  options.ssh_known_hosts_file = std::move(parameters.known_hosts);
  options.tunnel = std::move(parameters.tunnel);
  options.timeout_socket = parameters.timeout;
  options.timeout_transport = parameters.timeout;
  options.timeout_ops = parameters.timeout;
  return Device(make_driver(std::move(parameters.device_type), std::move(options)));
}

Coroutine<void> Device::connect() const {
  return in_netdev_words(driver_.open());
}

Coroutine<void> Device::disconnect() const {
  return in_netdev_words(driver_.close());
}

Coroutine<std::string> Device::send_command(std::string command, CommandOptions options) const {
  return in_netdev_words(send_and_strip(driver_, std::move(command), std::move(options)));
}

Coroutine<std::string> Device::send_config_set(std::vector<std::string> commands,
                                               ConfigOptions options) const {
  return in_netdev_words(configure(driver_, std::move(commands), std::move(options)));
}

std::string Device::base_prompt() const {
  std::string prompt = last_line(driver_.device()->last_prompt());
  if (!prompt.empty()) prompt.pop_back();
  return prompt;
}

Coroutine<void> Device::enable_mode() const {
  return in_netdev_words(enter(driver_, level_of(driver_, enabled_level, "enable mode").name));
}

bool Device::check_enable_mode() const {
  return stands_in(driver_, enabled_level);
}

Coroutine<void> Device::exit_enable_mode() const {
  return in_netdev_words(leave(driver_, level_of(driver_, enabled_level, "enable mode").name));
}

Coroutine<void> Device::config_mode() const {
  return in_netdev_words(enter(driver_, configuration_of(driver_).name));
}

bool Device::check_config_mode() const {
  return stands_in(driver_, driver_.platform().configuration_level);
}

Coroutine<void> Device::exit_config_mode() const {
  return in_netdev_words(leave(driver_, configuration_of(driver_).name));
}

}  // namespace rondo::devices::netdev
