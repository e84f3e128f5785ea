#pragma once

#include <filesystem>
#include <string>

namespace rondo::textfsm::detail {

/// All of a file, with "\n" in place of each "\r\n" and "\r". Throws std::system_error.
std::string read_text_file(const std::filesystem::path& path);

}  // namespace rondo::textfsm::detail
