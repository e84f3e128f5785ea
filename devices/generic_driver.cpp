#include <utility>

#include <rondo/devices/detail/device.h>
#include <rondo/devices/detail/lines.h>
#include <rondo/devices/generic_driver.h>
#include <rondo/devices/network_driver.h>

namespace rondo::devices {

using detail::Device;
using detail::exclusively;
using DevicePtr = std::shared_ptr<Device>;

namespace {

DevicePtr make_generic_device(Options options) {
  PlatformPtr platform = find_platform(options.platform.empty() ? "terminal" : options.platform);
  return std::make_shared<Device>(std::move(platform), std::move(options));
}

Coroutine<MultiResponse> send_lines(DevicePtr device, std::string path, SendOptions options) {
  auto lines = co_await detail::lines_of(std::move(path));
  auto sending =
      exclusively(std::move(device), &Device::send_commands, std::move(lines), std::move(options));
  co_return co_await sending;
}

Coroutine<std::string> recover_device(DevicePtr device, Duration quiet) {
  const auto held = co_await device->lock().hold();
  co_return co_await device->recover(quiet);
}

}  // namespace

GenericDriver::GenericDriver(Options options)
    : GenericDriver(make_generic_device(std::move(options))) {
  if (device_->options().on_init) device_->options().on_init(NetworkDriver(device_));
}

GenericDriver::GenericDriver(DevicePtr device) noexcept : device_(std::move(device)) {}

Coroutine<void> GenericDriver::open() const {
  return Device::open(device_);
}

Coroutine<void> GenericDriver::close() const {
  return Device::close(device_);
}

Coroutine<void> GenericDriver::aexit(std::exception_ptr) const {
  return Device::close(device_);
}

bool GenericDriver::isalive() const noexcept {
  return device_->isalive();
}

bool GenericDriver::is_usable() const noexcept {
  return device_->is_usable();
}

Coroutine<std::string> GenericDriver::recover(Duration quiet) const {
  return recover_device(device_, quiet);
}

Coroutine<std::string> GenericDriver::get_prompt() const {
  return exclusively(device_, &Device::get_prompt);
}

Coroutine<Response> GenericDriver::send_command(std::string command, SendOptions options) const {
  return exclusively(device_, &Device::send_command, std::move(command), std::move(options));
}

Coroutine<MultiResponse> GenericDriver::send_commands(std::vector<std::string> commands,
                                                      SendOptions options) const {
  return exclusively(device_, &Device::send_commands, std::move(commands), std::move(options));
}

Coroutine<MultiResponse> GenericDriver::send_commands_from_file(std::string path,
                                                                SendOptions options) const {
  return send_lines(device_, std::move(path), std::move(options));
}

Coroutine<Response> GenericDriver::send_interactive(std::vector<Interaction> interactions,
                                                    InteractiveOptions options) const {
  return exclusively(device_, &Device::send_interactive, std::move(interactions),
                     std::move(options));
}

Coroutine<Response> GenericDriver::send_and_read(std::string command, std::vector<Pattern> expected,
                                                 Duration read_duration,
                                                 SendOptions options) const {
  return exclusively(device_, &Device::send_and_read, std::move(command), std::move(expected),
                     read_duration, std::move(options));
}

Coroutine<std::string> GenericDriver::read_callback(std::vector<ReadCallback> callbacks,
                                                    std::string initial_input) const {
  return exclusively(device_, &Device::read_callback, *this, std::move(callbacks),
                     std::move(initial_input));
}

void GenericDriver::write(std::string_view text) const {
  device_->terminal().write(text);
}

void GenericDriver::write_secret(const ssh::Secret& secret) const {
  device_->terminal().write_secret(secret);
}

void GenericDriver::send_return() const {
  device_->terminal().press_return();
}

const std::string& GenericDriver::peer() const noexcept {
  return device_->peer();
}

const Options& GenericDriver::options() const noexcept {
  return device_->options();
}

const Platform& GenericDriver::platform() const noexcept {
  return device_->platform();
}

}  // namespace rondo::devices
