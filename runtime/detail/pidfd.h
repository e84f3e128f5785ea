#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace rondo::detail {

// The C library's own declarations of these (2.36) are not fit for C++: they lack the extern "C".

/// A descriptor that means a process, close-on-exec; -1 and errno: there is none. See
/// pidfd_open(2).
inline int pidfd_open(pid_t pid) noexcept {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
}

/// A signal to it: 0, or -1 and errno. See pidfd_send_signal(2).
inline int pidfd_send_signal(int pidfd, int signal_number) noexcept {
  return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, signal_number, nullptr, 0U));
}

}  // namespace rondo::detail
