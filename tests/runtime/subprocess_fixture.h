#pragma once

#include <cerrno>
#include <csignal>
#include <string>

#include <sys/wait.h>

#include <rondo/runtime/subprocess.h>
#include <rondo/runtime/task.h>

#include "test_stream_fixture.h"

// What the tests of subprocesses share.

namespace rondo::test {

/// Stdin and stdout are pipes.
inline SubprocessOptions piped() {
  return SubprocessOptions().stdin_(subprocess::PIPE).stdout_(subprocess::PIPE);
}

/// Only stdout is.
inline SubprocessOptions captured() {
  return SubprocessOptions().stdout_(subprocess::PIPE);
}

/// Has this program neither a child that runs nor one that nobody has waited for?
inline bool no_child_left() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/// What a program writes to its stdout, to its end.
inline Coroutine<std::string> output_of(Coroutine<Process> starting) {
  const Process process = co_await starting;
  const auto [output, errors] = co_await process.communicate();
  co_return output;
}

/// The return code of a program.
inline Coroutine<int> code_of(Coroutine<Process> starting) {
  const Process process = co_await starting;
  const int code = co_await process.wait();
  co_return code;
}

}  // namespace rondo::test
