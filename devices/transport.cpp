#include <rondo/devices/detail/ssh_transport.h>
#include <rondo/devices/detail/telnet_transport.h>
#include <rondo/devices/transport.h>
#include <rondo/runtime/errors.h>

namespace rondo::devices {

std::unique_ptr<Transport> make_transport(const Options& options) {
  if (options.transport == "ssh") return std::make_unique<detail::SshTransport>(options);
  if (options.transport == "telnet") return std::make_unique<detail::TelnetTransport>(options);
  throw ValueError("Options::transport is \"" + options.transport + "\"; there are ssh and telnet");
}

}  // namespace rondo::devices
