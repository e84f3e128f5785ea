// without_io_uring COMMAND [ARGUMENT...]: runs a command to whom the kernel denies io_uring, as
// Docker's and Kubernetes' default seccomp profiles do. With --enosys before the command the calls
// do not even exist, as in gVisor and podman.
//
// Exit status: the command's; 127 if it cannot be run, 126 if there can be no filter.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include <unistd.h>

#include "runtime/deny_io_uring.h"

int main(int argc, char** argv) {
  const bool missing = argc > 1 && std::strcmp(argv[1], "--enosys") == 0;
  char** const command = argv + (missing ? 2 : 1);
  if (*command == nullptr) {
    std::fputs("usage: without_io_uring [--enosys] COMMAND [ARGUMENT...]\n", stderr);
    return 126;
  }
  try {
    rondo::test::deny_io_uring(missing ? ENOSYS : EPERM);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "without_io_uring: %s\n", error.what());
    return 126;
  }
  ::execvp(*command, command);
  std::perror(*command);
  return 127;
}
