#include <utility>

#include <rondo/devices/detail/device.h>
#include <rondo/devices/detail/lines.h>
#include <rondo/devices/drivers.h>
#include <rondo/devices/network_driver.h>

namespace rondo::devices {

using detail::Device;
using detail::exclusively;
using DevicePtr = std::shared_ptr<Device>;

namespace {

DevicePtr make_network_device(Options options) {
  if (options.platform.empty()) {
    throw UnsupportedPlatform(options.peer() + ": Options::platform is empty; name one");
  }
  PlatformPtr platform = find_platform(options.platform);
  return std::make_shared<Device>(std::move(platform), std::move(options));
}

Coroutine<MultiResponse> send_config_lines(DevicePtr device, std::string path,
                                           SendOptions options) {
  auto lines = co_await detail::lines_of(std::move(path));
  auto sending =
      exclusively(std::move(device), &Device::send_configs, std::move(lines), std::move(options));
  co_return co_await sending;
}

}  // namespace

NetworkDriver::NetworkDriver(PlatformPtr platform, Options options)
    : GenericDriver(std::make_shared<Device>(std::move(platform), std::move(options))) {
  if (this->options().on_init) this->options().on_init(*this);
}

NetworkDriver::NetworkDriver(Options options)
    : GenericDriver(make_network_device(std::move(options))) {
  if (this->options().on_init) this->options().on_init(*this);
}

Coroutine<void> NetworkDriver::acquire_priv(std::string level) const {
  return exclusively(device(), &Device::acquire_priv, std::move(level));
}

const std::string& NetworkDriver::current_privilege_level() const noexcept {
  return device()->current_level();
}

Coroutine<MultiResponse> NetworkDriver::send_configs(std::vector<std::string> configs,
                                                     SendOptions options) const {
  return exclusively(device(), &Device::send_configs, std::move(configs), std::move(options));
}

Coroutine<Response> NetworkDriver::send_config(std::string config, SendOptions options) const {
  return exclusively(device(), &Device::send_config, std::move(config), std::move(options));
}

Coroutine<MultiResponse> NetworkDriver::send_configs_from_file(std::string path,
                                                               SendOptions options) const {
  return send_config_lines(device(), std::move(path), std::move(options));
}

Coroutine<Response> NetworkDriver::commit(std::string comment) const {
  return exclusively(device(), &Device::commit, std::move(comment));
}

Coroutine<void> NetworkDriver::abort_config() const {
  return exclusively(device(), &Device::abort_config);
}

void NetworkDriver::register_configuration_session(std::string name) const {
  device()->register_configuration_session(name);
}

NetworkDriver make_driver(std::string platform, Options options) {
  options.platform = std::move(platform);
  return NetworkDriver(std::move(options));
}

NetworkDriver make_driver(Options options) {
  return NetworkDriver(std::move(options));
}

}  // namespace rondo::devices
