// Writes the file that the others read: word number i of it is the number i of splitmix64's row.
//
//   files-make PATH MIB

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "measure.h"

namespace {

[[noreturn]] void fail(const char* what, const char* path) {
  std::fprintf(stderr, "files-make: cannot %s %s: %s\n", what, path, std::strerror(errno));
  std::exit(1);
}

void write_all(int fd, const char* bytes, std::size_t left, const char* path) {
  while (left > 0) {
    const ssize_t written = ::write(fd, bytes, left);
    if (written < 0) fail("write", path);
    bytes += written;
    left -= static_cast<std::size_t>(written);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t mebibytes = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 0;
  if (mebibytes < 1 || mebibytes > 65'536) {
    std::fputs("usage: files-make PATH MIB\n", stderr);
    return 2;
  }
  const char* path = argv[1];
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) fail("open", path);
  constexpr std::size_t mebibyte = 1024 * 1024;
  std::vector<std::uint64_t> words(mebibyte / sizeof(std::uint64_t));
  for (std::uint64_t part = 0; part < mebibytes; ++part) {
    for (std::size_t i = 0; i < words.size(); ++i)
      words[i] = random_number(part * words.size() + i);
    write_all(fd, reinterpret_cast<const char*>(words.data()), mebibyte, path);
  }
  // What is still to be written would slow those down that read.
  if (::fsync(fd) != 0) fail("sync", path);
  ::close(fd);
}
