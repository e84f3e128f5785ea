#pragma once

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace rondo {

/// Owns a descriptor and closes it. To be used only while no operation in flight names it.
class FileDescriptor {
 public:
  FileDescriptor() noexcept = default;
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  /// A close operation was answered. The descriptor is gone, unless the operation was cancelled
  /// before it began; then it is closed here.
  void close_answered(int result) noexcept {
    const int fd = release();
    if (result == -ECANCELED) ::close(fd);
  }
  /// Gives the descriptor away.
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;  // -1: none
};

}  // namespace rondo
