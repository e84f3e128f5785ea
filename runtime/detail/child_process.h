#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include <rondo/runtime/detail/member_operation.h>
#include <rondo/runtime/detail/ref.h>
#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/detail/spawn.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/loop.h>

// A child as its loop sees it, from its start until it has been waited for.
//
// The kernel is asked for the readiness of the child's pidfd, which comes with its end; then
// waitid takes the exit status, of this child and no other. There is no handler of SIGCHLD and
// nobody waits for any child that comes, so children of other parts of the program are left alone.
// It keeps itself alive until then, whoever else has let go of it, and so no zombie is left.

namespace rondo::detail {

class ChildProcess final : public RefCounted<ChildProcess>, private LoopResource {
 public:
  /// Takes over a child, whose program has a name for messages.
  static Ref<ChildProcess> watch(Loop& loop, Spawned child, std::string program);

  pid_t pid() const noexcept { return pid_; }
  const std::string& program() const noexcept { return program_; }
  /// What it ended with, or minus the signal that ended it; nothing while it runs.
  std::optional<int> returncode() const noexcept { return returncode_; }
  /// `co_await child.ended()`: it must not have ended.
  auto ended() noexcept {
    return end_waiters_.wait([] { return false; });
  }

  /// Throws ProcessLookupError when it has ended, ValueError when there is no such signal.
  void send_signal(int signal_number);
  /// Without effect when it has ended.
  void kill() noexcept;

 private:
  ChildProcess(Loop& loop, Spawned child, std::string program);
  friend class RefCounted<ChildProcess>;
  ~ChildProcess() = default;

  void loop_closing() noexcept override { kill(); }
  void wait_for_end();
  void poll_done(int result) noexcept;
  /// Somebody else has taken the exit status.
  void lost_track() noexcept;
  void finish(int returncode) noexcept;

  Loop& loop_;
  const pid_t pid_;
  const std::string program_;
  FileDescriptor pidfd_;           // none once it has ended
  std::optional<int> returncode_;  // nothing while it runs
  SignalQueue end_waiters_;
  MemberOperation<ChildProcess, &ChildProcess::poll_done> poll_{*this};
};

}  // namespace rondo::detail
