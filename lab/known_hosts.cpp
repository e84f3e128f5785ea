#include <fmt/format.h>

#include <rondo/lab/known_hosts.h>
#include <rondo/lab/written_file.h>

namespace rondo::lab {

std::string known_hosts_line(const LabEndpoint& endpoint) {
  // Only ports other than SSH's own are written, with brackets, as OpenSSH does.
  const std::string host = endpoint.port == 22
                               ? endpoint.address
                               : fmt::format("[{}]:{}", endpoint.address, endpoint.port);
  return fmt::format("{} {} {}", host, endpoint.key_type, endpoint.public_key);
}

void write_known_hosts(const std::filesystem::path& path, std::span<const LabEndpoint> endpoints) {
  std::string text;
  for (const LabEndpoint& endpoint : endpoints) {
    if (endpoint.trusted && !endpoint.public_key.empty()) text += known_hosts_line(endpoint) + "\n";
  }
  write_file(path, text);
}

}  // namespace rondo::lab
