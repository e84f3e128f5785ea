// The known_hosts file of the lab: with it, examples check host keys as they would in earnest,
// though the lab makes new keys each time it starts. Routers that are not trusted are left out, and
// those that speak telnet.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include <rondo/lab/server.h>

namespace rondo::lab {

// One line without its end: "[127.0.100.1]:2222 ssh-ed25519 AAAA...".
std::string known_hosts_line(const LabEndpoint& endpoint);

// Writes the file anew, mode 0600, in one step: who reads it sees the old one or the new one, never
// half of one. Throws std::system_error that names the path.
void write_known_hosts(const std::filesystem::path& path, std::span<const LabEndpoint> endpoints);

}  // namespace rondo::lab
