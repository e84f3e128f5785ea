#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

#include <rondo/devices/options.h>
#include <rondo/devices/printable.h>
#include <rondo/net/address.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/file_descriptor.h>

namespace rondo::devices {

// Out of line, as g++ 12 wants it for temporaries inside an await.
Options::Options() = default;

std::uint16_t Options::effective_port() const {
  if (port != 0) return port;
  return transport == "telnet" ? 23 : 22;
}

std::string Options::peer() const {
  return host_and_port(host, effective_port());
}

ChannelLog log_to_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) throw_os_error(errno, path);
  auto file = std::make_shared<FileDescriptor>(fd);
  return [file = std::move(file), stream = PrintableStream()](std::string_view said) mutable {
    const std::string shown = stream.pass(said);
    std::string_view text = shown;
    while (!text.empty()) {
      const ssize_t written = ::write(file->get(), text.data(), text.size());
      if (written <= 0) return;  // a full disk is no reason to lose the device
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  };
}

}  // namespace rondo::devices
