#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <sys/resource.h>

#include <rondo/tools/errors.h>
#include <rondo/tools/input.h>

namespace rondo::tools {

std::string read_text(const std::string& path) {
  std::FILE* const file = path == "-" ? stdin : std::fopen(path.c_str(), "rbe");
  if (file == nullptr) throw UsageError(path + ": cannot be read: " + std::strerror(errno));
  const auto close = [](std::FILE* opened) {
    if (opened != stdin) std::fclose(opened);
  };
  const std::unique_ptr<std::FILE, decltype(close)> closing(file, close);
  std::string text;
  char piece[16384];
  std::size_t size = sizeof piece;
  while (size == sizeof piece) {  // less is the end, or an error
    size = std::fread(piece, 1, sizeof piece, file);
    text.append(piece, size);
  }
  if (std::ferror(file) != 0) throw UsageError(path + ": cannot be read: " + std::strerror(errno));
  return text;
}

std::vector<std::string> read_lines(const std::string& path) {
  std::vector<std::string> lines;
  std::string line;
  for (const char c : read_text(path) + "\n") {
    if (c != '\n') {
      line += c;
      continue;
    }
    if (line.ends_with('\r')) line.pop_back();
    if (line.find_first_not_of(" \t") != std::string::npos) lines.push_back(line);
    line.clear();
  }
  return lines;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace rondo::tools
