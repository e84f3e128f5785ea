#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <rondo/lab/written_file.h>

namespace rondo::lab {

namespace {

// 0, or the errno of what failed.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view text) {
  // Beside the file, for a rename works within one file system only; mkostemp makes it 0600.
  std::string temporary = path.string() + ".XXXXXX";
  const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
  int error = descriptor < 0 ? errno : write_all(descriptor, text);
  if (descriptor >= 0) ::close(descriptor);
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return;
  if (descriptor >= 0) ::unlink(temporary.c_str());
  throw std::system_error(error, std::generic_category(),
                          fmt::format("cannot write {}", path.string()));
}

}  // namespace rondo::lab
