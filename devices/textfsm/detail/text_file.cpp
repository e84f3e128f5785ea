#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string_view>
#include <system_error>

#include <rondo/devices/textfsm/detail/text_file.h>

namespace rondo::textfsm::detail {

std::string read_text_file(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             std::fclose);
  if (!file) throw std::system_error(errno, std::generic_category());
  std::string text;
  std::array<char, 65536> block;
  bool after_return = false;  // a "\n" belongs to it
  std::size_t size = 0;
  do {
    size = std::fread(block.data(), 1, block.size(), file.get());
    for (const char c : std::string_view(block.data(), size)) {
      if (c == '\n' && after_return) {
        after_return = false;
        continue;
      }
      after_return = c == '\r';
      text += after_return ? '\n' : c;
    }
  } while (size == block.size());
  if (std::ferror(file.get()) != 0) throw std::system_error(errno, std::generic_category());
  return text;
}

}  // namespace rondo::textfsm::detail
