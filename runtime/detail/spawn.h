#pragma once

#include <array>
#include <string>
#include <vector>

#include <sys/types.h>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/file_descriptor.h>

// Starting a program, below create_subprocess_exec.
//
// By posix_spawn, on a thread of the default executor. Both for the same reason: nothing may hold
// the loop up. A fork copies the page tables of its parent, milliseconds for each gigabyte; after a
// vfork, which posix_spawn makes, the child borrows its parent's memory, however big that is, but
// the thread that made it stands still until the new program is in place, and that may have to come
// from a disk or over a network. So it is another thread that stands still. That thread also learns
// from posix_spawn why a program could not be started, with no pipe to carry the news.

namespace rondo::detail {

/// A child that nobody has waited for. Destroying it kills it and waits for its end.
class Spawned {
 public:
  Spawned() noexcept = default;
  Spawned(pid_t pid, FileDescriptor pidfd) noexcept : pid_(pid), pidfd_(std::move(pidfd)) {}
  Spawned(Spawned&& other) noexcept = default;
  Spawned& operator=(Spawned&& other) noexcept = default;
  ~Spawned();

  pid_t pid() const noexcept { return pid_; }
  /// Its pidfd, close-on-exec. None: it has ended, and somebody else has waited for it.
  FileDescriptor take_pidfd() noexcept { return std::move(pidfd_); }

 private:
  pid_t pid_ = 0;  // 0: no child
  FileDescriptor pidfd_;
};

/// What is to be started.
class SpawnPlan {
 public:
  SpawnPlan() = default;  // so that it is no aggregate: see CONTRIBUTING.md, g++ 12

  std::vector<std::string> arguments;      // the program first; looked for in PATH without a slash
  std::vector<std::string> environment;    // NAME=value
  std::string directory;                   // to start it in; empty: this process's own
  std::array<FileDescriptor, 3> standard;  // what 0, 1, 2 lead to, each above 2; none: what it does
                                           // here
  bool errors_to_output = false;           // 2 leads where 1 does
  std::vector<int> pass_fds;               // that keep their numbers
  bool new_session = false;
};

/// Blocks until the program runs. Throws OSError, FileNotFoundError for one, when it does not; then
/// there is no child.
Spawned spawn(const SpawnPlan& plan);

/// The same on another thread. A cancellation waits until the program runs or does not, then until
/// it is killed and gone, and only then throws CancelledError; a second one meanwhile throws at
/// once, and leaves the rest to the loop.
Coroutine<Spawned> spawn_on_thread(SpawnPlan plan);

}  // namespace rondo::detail
