#include <cerrno>
#include <csignal>

#include <poll.h>
#include <sys/wait.h>

#include <rondo/runtime/detail/child_process.h>
#include <rondo/runtime/detail/pidfd.h>
#include <rondo/runtime/errors.h>

namespace rondo::detail {

ChildProcess::ChildProcess(Loop& loop, Spawned child, std::string program)
    : loop_(loop), pid_(child.pid()), program_(std::move(program)), pidfd_(child.take_pidfd()) {
  loop_.add_resource(*this);
}

Ref<ChildProcess> ChildProcess::watch(Loop& loop, Spawned child, std::string program) {
  Ref<ChildProcess> process(new ChildProcess(loop, std::move(child), std::move(program)));
  process->add_ref();  // its own, given back when it has ended
  if (process->pidfd_) {
    process->wait_for_end();
  } else {
    process->lost_track();
  }
  return process;
}

void ChildProcess::wait_for_end() {
  loop_.driver().prepare(poll_, {Opcode::poll, pidfd_.get(), nullptr, 0, POLLIN});
}

// Whatever the poll says, the child is asked: a cancelled poll, by a closing loop, may come with
// its end too.
void ChildProcess::poll_done(int) noexcept {
  siginfo_t info{};
  const auto id = static_cast<id_t>(pidfd_.get());
  if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG) != 0) {
    lost_track();
  } else if (info.si_pid == 0) {
    wait_for_end();
  } else {
    finish(info.si_code == CLD_EXITED ? info.si_status : -info.si_status);
  }
}

void ChildProcess::lost_track() noexcept {
  constexpr int unknown = 255;  // as asyncio has it
  loop_.call_exception_handler(
      {"the exit status of process " + std::to_string(pid_) + " (" + program_ +
           ") is not known, and is reported as 255: it was waited for elsewhere, or SIGCHLD is "
           "ignored",
       nullptr,
       {},
       {}});
  finish(unknown);
}

void ChildProcess::finish(int returncode) noexcept {
  returncode_ = returncode;
  pidfd_ = FileDescriptor();
  LoopResource::unlink();
  end_waiters_.wake_all();
  release();
}

void ChildProcess::send_signal(int signal_number) {
  if (returncode_) {
    throw ProcessLookupError(ESRCH, "send signal " + std::to_string(signal_number) +
                                        " to process " + std::to_string(pid_) + " (" + program_ +
                                        "), which has ended");
  }
  if (pidfd_send_signal(pidfd_.get(), signal_number) == 0) return;
  if (errno == ESRCH) return;  // it has just ended; the kernel has yet to say so
  if (errno == EINVAL) throw ValueError("there is no signal " + std::to_string(signal_number));
  const int error_number = errno;
  throw_os_error(error_number, "send signal " + std::to_string(signal_number) + " to process " +
                                   std::to_string(pid_) + " (" + program_ + ")");
}

void ChildProcess::kill() noexcept {
  if (pidfd_) pidfd_send_signal(pidfd_.get(), SIGKILL);
}

}  // namespace rondo::detail
