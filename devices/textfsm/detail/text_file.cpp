#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include <rondo/devices/textfsm/detail/text_file.h>

namespace rondo::textfsm::detail {

std::string read_text_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    throw std::system_error(EISDIR, std::generic_category());
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::system_error(errno, std::generic_category());
  std::string text;
  bool after_return = false;  // a "\n" belongs to it
  for (auto next = std::istreambuf_iterator<char>(file); next != std::istreambuf_iterator<char>();
       ++next) {
    const char c = *next;
    if (c != '\n' || !after_return) text += c == '\r' ? '\n' : c;
    after_return = c == '\r';
  }
  return text;
}

}  // namespace rondo::textfsm::detail
