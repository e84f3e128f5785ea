// Files that the lab leaves for its clients.
#pragma once

#include <filesystem>
#include <string_view>

namespace rondo::lab {

// Writes the file anew, mode 0600, in one step: who reads it sees the old one or the new one, never
// half of one. Throws std::system_error that names the path.
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace rondo::lab
