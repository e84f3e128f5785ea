#include <utility>

#include <rondo/devices/detail/ssh_transport.h>
#include <rondo/devices/detail/transport_errors.h>
#include <rondo/devices/detail/transport_limits.h>
#include <rondo/devices/errors.h>
#include <rondo/runtime/wait_for.h>
#include <rondo/ssh/config_file.h>
#include <rondo/ssh/connect.h>

namespace rondo::devices::detail {

namespace {

/// What the driver's options say, upon a configuration file and what is said about SSH alone.
ssh::HostConfig host_config(const Options& options) {
  ssh::HostConfig config;
  config.hostname = options.host;
  config.options = options.ssh_options;
  config.options.port = options.effective_port();
  if (!options.ssh_config_file.empty()) {
    const auto file = ssh::ConfigFile::load(options.ssh_config_file);
    config = file.options_for(options.host, config.options);
    if (options.port != 0) config.options.port = options.port;
  }
  ssh::Options& how = config.options;
  if (!options.auth_username.empty()) how.username = options.auth_username;
  if (!options.auth_password.empty()) how.password = options.auth_password;
  if (!options.auth_private_key.empty()) {
    how.client_keys = {options.auth_private_key};
    how.passphrase = options.auth_private_key_passphrase;
  }
  if (!options.auth_strict_key) how.host_key_policy = ssh::HostKeyPolicy::insecure;
  if (!options.ssh_known_hosts_file.empty()) how.known_hosts = options.ssh_known_hosts_file;
  if (options.tunnel) how.tunnel = options.tunnel;
  if (options.keepalive_interval.count() != 0) how.keepalive_interval = options.keepalive_interval;
  how.connect_timeout = options.timeout_socket;
  how.login_timeout = options.timeout_transport;
  return config;
}

}  // namespace

Coroutine<void> SshTransport::open() {
  auto connecting = connect();
  co_await translated(std::move(connecting), options_.peer());
}

Coroutine<void> SshTransport::connect() {
  const ssh::HostConfig config = host_config(options_);
  connection_ = co_await ssh::connect(config.hostname, config.options);
  const auto limit = options_.timeout_transport;
  auto opening = connection_->open_session(options_.terminal_type, options_.terminal_size);
  if (limit > Duration::zero()) opening = wait_for(std::move(opening), limit);
  auto [writer, reader, stderr_reader] = co_await opening;
  shell_.emplace(Shell{writer, reader});
}

Coroutine<std::string> SshTransport::read() {
  const StreamReader reader = shell_->reader;
  co_return co_await reader.read(most_at_once);
}

void SshTransport::write(std::string_view bytes) {
  if (shell_) shell_->writer.write(bytes);
}

Coroutine<void> SshTransport::close() {
  shell_.reset();
  if (!connection_) co_return;
  const ssh::Connection connection = *std::exchange(connection_, std::nullopt);
  connection.close();
  try {
    auto closed = connection.wait_closed();
    co_await wait_for(std::move(closed), time_to_close);
    co_return;
  } catch (const std::exception&) {
    // It was lost before, or the device does not answer: it is to be closed in any case.
  }
  connection.abort();
  auto aborted = connection.wait_closed();
  co_await ignoring_errors(std::move(aborted));
}

bool SshTransport::isalive() const noexcept {
  return shell_ && connection_ && !connection_->is_closing() && !shell_->writer.is_closing();
}

}  // namespace rondo::devices::detail
