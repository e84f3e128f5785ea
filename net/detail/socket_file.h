#pragma once

#include <string>

#include <sys/stat.h>

#include <rondo/runtime/coroutine.h>

namespace rondo::detail {

/// The file of a Unix socket, told from another one that may take its place: for removing it when
/// the socket is closed. Empty for a socket that has none, or whose file is to stay.
class SocketFile {
 public:
  SocketFile() = default;
  SocketFile(std::string path, const struct statx& found) : path_(std::move(path)), found_(found) {}

  bool empty() const noexcept { return path_.empty(); }
  /// As a Request takes it.
  char* path() noexcept { return path_.data(); }
  bool is(const struct statx& other) const noexcept {
    return found_.stx_ino == other.stx_ino && found_.stx_dev_major == other.stx_dev_major &&
           found_.stx_dev_minor == other.stx_dev_minor;
  }

 private:
  std::string path_;
  struct statx found_{};
};

/// Removes what is at `path` if it is a socket; nothing happens otherwise. Throws OSError when it
/// cannot be removed.
Coroutine<void> remove_socket(std::string path);

/// What was bound at `path` just now.
Coroutine<SocketFile> socket_file_at(std::string path);

}  // namespace rondo::detail
