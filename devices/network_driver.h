#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <rondo/devices/generic_driver.h>

// NetworkDriver: a conversation with a router or a switch, whose command line has levels of
// privilege. What levels there are, and everything else that is particular to a platform, stands in
// the platform's definition: see platform.h.
//
//   co_await async_with(IOSXEDriver(options), [](IOSXEDriver& router) -> Coroutine<> {
//     auto response = co_await router.send_command("show clock");
//     auto changes = co_await router.send_configs("interface Loopback5", "no shutdown");
//     …
//   });

namespace rondo::devices {

class NetworkDriver : public GenericDriver {
 public:
  /// Of the platform that the options name.
  explicit NetworkDriver(Options options);
  NetworkDriver(PlatformPtr platform, Options options);

  /// Goes to a level, by the commands that lead there: with `auth_secondary` where the device asks
  /// for it. Throws PrivilegeError when there is no such level, or when the device does not let us.
  Coroutine<void> acquire_priv(std::string level) const;
  /// The level whose prompt was seen last; empty before `open`.
  const std::string& current_privilege_level() const noexcept;

  /// Sends configuration, in the level that the options name, or else in the platform's. When one
  /// has failed, what was configured is dropped where the platform can do that (XR, Junos,
  /// sessions). It takes effect as the platform has it: at once, or with `commit`. The driver stays
  /// where it is; the next command goes back to its own level.
  Coroutine<MultiResponse> send_configs(std::vector<std::string> configs,
                                        SendOptions options = SendOptions()) const;
  template <class... Configs>
    requires(sizeof...(Configs) > 0 && (std::convertible_to<Configs, std::string> && ...))
  Coroutine<MultiResponse> send_configs(Configs... configs) const {
    std::vector<std::string> list;
    (list.emplace_back(std::move(configs)), ...);
    return send_configs(std::move(list), SendOptions());
  }
  /// The same of a text of several lines; one response for all of them.
  Coroutine<Response> send_config(std::string config, SendOptions options = SendOptions()) const;
  Coroutine<MultiResponse> send_configs_from_file(std::string path,
                                                  SendOptions options = SendOptions()) const;

  /// Makes what was configured take effect, where the platform wants that. The comment goes into
  /// the device's history; it is one line without quotes. Throws CommandFailure when the device
  /// refuses, ValueError for a comment that cannot be sent, PrivilegeError outside of configuration
  /// and on a platform that has no commit.
  Coroutine<Response> commit(std::string comment = {}) const;
  /// Drops what was configured and not committed. Does nothing where there is no such thing.
  Coroutine<void> abort_config() const;

  /// Makes a level of a configuration session of that name, for `acquire_priv` and
  /// SendOptions::privilege_level. A second call does nothing. Throws ValueError for a name with
  /// anything but letters, digits, "-" and "_", PrivilegeError where the platform has no sessions.
  void register_configuration_session(std::string name) const;

 protected:
  friend class detail::Device;
  friend class GenericDriver;
  explicit NetworkDriver(std::shared_ptr<detail::Device> device) noexcept
      : GenericDriver(std::move(device)) {}
};

}  // namespace rondo::devices
