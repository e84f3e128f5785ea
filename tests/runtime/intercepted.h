#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <optional>
#include <thread>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rondo/runtime/file_descriptor.h>

// io_uring_enter, answered by the test: a seccomp filter of one thread sends each call to another
// thread, which lets the kernel do it or makes its result up.

namespace rondo::test {

/// From now on io_uring_enter of this thread waits for an answer through the descriptor that is
/// returned; -1 where the machine does not allow that.
inline int intercept_enters() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_enter, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{sizeof program / sizeof program[0], program};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return static_cast<int>(
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
}

/// What io_uring_enter returns: nothing, that is what the kernel says; or a result of the test's,
/// negative for an error, and then the kernel is not asked.
using MadeUp = std::optional<int>;

/// Runs `body` on a thread of its own, and `result_of_call` here for each of its calls. False where
/// the machine does not allow that; throws what `body` throws.
inline bool run_intercepted(const std::function<MadeUp()>& result_of_call,
                            const std::function<void()>& body) {
  std::promise<int> installed;
  std::atomic<bool> ended = false;
  std::exception_ptr error;
  std::thread thread([&] {
    const int listener = intercept_enters();
    installed.set_value(listener);
    try {
      if (listener >= 0) body();
    } catch (...) {
      error = std::current_exception();
    }
    ended = true;
  });
  const FileDescriptor listener(installed.get_future().get());
  while (!ended) {
    pollfd entry{listener.get(), POLLIN, 0};
    if (::poll(&entry, 1, 1) <= 0 || (entry.revents & POLLIN) == 0) continue;
    seccomp_notif call{};
    if (::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
    seccomp_notif_resp answer{};
    answer.id = call.id;
    const MadeUp made_up = result_of_call();
    if (!made_up) {
      answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    } else if (*made_up < 0) {
      answer.error = *made_up;
    } else {
      answer.val = *made_up;
    }
    ::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
  thread.join();
  if (error) std::rethrow_exception(error);
  return static_cast<bool>(listener);
}

}  // namespace rondo::test
