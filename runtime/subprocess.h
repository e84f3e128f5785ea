#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// create_subprocess_exec, create_subprocess_shell: other programs, started and awaited.
//
//     auto options = SubprocessOptions().stdout_(subprocess::PIPE);
//     auto process = co_await create_subprocess_exec("ping", "-c1", host, options);
//     auto [output, errors] = co_await process.communicate();
//
// The program gets exactly what it is given: the three standard streams and `pass_fds`, no other
// descriptor, no blocked signal, no ignored SIGPIPE. It is waited for as itself, by its pidfd, so
// that children of other parts of the program are left alone. When the last handle of a process
// goes away, its own and those of its streams, it is closed: killed, if it runs, and waited for by
// the loop. So whatever is cancelled or forgotten, neither a running child nor a zombie is left.
//
// `stdin` and its like are macros of C; so these end in a `_` here. This is asyncio.subprocess.

namespace rondo {

namespace subprocess {

inline constexpr int PIPE = -1;     ///< a pipe, whose other end is a stream of the Process
inline constexpr int STDOUT = -2;   ///< for stderr_: where stdout leads
inline constexpr int DEVNULL = -3;  ///< /dev/null
inline constexpr int INHERIT = -4;  ///< what it is in this program; the default

}  // namespace subprocess

namespace detail {
class ProcessHandle;
class ProcessStart;
}  // namespace detail

/// How a program is started. Each method returns the options, so that they can be strung together.
class SubprocessOptions {
 public:
  SubprocessOptions();

  /// Where its standard streams lead: to PIPE, DEVNULL, INHERIT or a descriptor, which stays the
  /// caller's, and open until the program has started.
  SubprocessOptions& stdin_(int where) { return set(standard_[0], where); }
  SubprocessOptions& stdin_(const FileDescriptor& descriptor) { return stdin_(descriptor.get()); }
  SubprocessOptions& stdout_(int where) { return set(standard_[1], where); }
  SubprocessOptions& stdout_(const FileDescriptor& descriptor) { return stdout_(descriptor.get()); }
  /// Here also STDOUT.
  SubprocessOptions& stderr_(int where) { return set(standard_[2], where); }
  SubprocessOptions& stderr_(const FileDescriptor& descriptor) { return stderr_(descriptor.get()); }

  /// The directory in which it starts. Relative paths, the program's too, begin there.
  SubprocessOptions& cwd(std::string directory) { return set(cwd_, std::move(directory)); }
  /// All of its environment variables, instead of a copy of this program's. A program without a
  /// slash in its name is looked for in their PATH.
  SubprocessOptions& env(std::map<std::string, std::string> variables);
  /// One variable more, or another value for one, in the environment that it gets otherwise.
  SubprocessOptions& env(const std::string& name, std::string value);
  /// Of its streams, in bytes; see StreamReader.
  SubprocessOptions& limit(std::size_t limit) { return set(limit_, limit); }
  /// It leads a session and process group of its own: Ctrl-C at the terminal does not reach it.
  SubprocessOptions& start_new_session() { return set(new_session_, true); }
  /// Descriptors that it gets besides, under the same numbers, which are above 2. They must stay
  /// open until it has started.
  SubprocessOptions& pass_fds(std::vector<int> descriptors) {
    return set(pass_fds_, std::move(descriptors));
  }

 private:
  friend class detail::ProcessStart;

  template <class T>
  SubprocessOptions& set(T& option, T value) {
    option = std::move(value);
    return *this;
  }

  std::array<int, 3> standard_{subprocess::INHERIT, subprocess::INHERIT, subprocess::INHERIT};
  std::string cwd_;                                        // empty: this program's
  std::optional<std::map<std::string, std::string>> env_;  // nothing: this program's
  std::map<std::string, std::string> more_env_;            // on top of that
  std::size_t limit_ = StreamReader::default_limit;
  std::vector<int> pass_fds_;
  bool new_session_ = false;
};

/// A program that was started. A cheap handle; copies mean the same process. To be used on its
/// loop's thread. See asyncio.subprocess.Process.
class Process {
 public:
  explicit Process(std::shared_ptr<detail::ProcessHandle> handle) noexcept
      : handle_(std::move(handle)) {}

  int pid() const noexcept;
  /// What it returned, or -N if signal N ended it; nothing while it runs. (255, and a report to the
  /// exception handler, if somebody else has waited for it.)
  std::optional<int> returncode() const noexcept;

  /// The streams of what was made a PIPE. Throw RuntimeError if it was not.
  StreamWriter stdin_() const;
  StreamReader stdout_() const;
  StreamReader stderr_() const;

  /// Waits until it has ended; yields the return code, however many ask. A cancelled wait leaves it
  /// alone. It never ends if it writes more to a PIPE than anybody reads; then use `communicate`.
  Coroutine<int> wait() const;

  /// Sends `input` and closes stdin, reads stdout and stderr to their ends, all at the same time,
  /// and waits until the process has ended. Yields what came from stdout and stderr, empty for one
  /// that is no PIPE. It is no error if the process does not want the input. A cancelled
  /// `communicate` leaves the process alone, and what was read stays in the streams. Throws
  /// ValueError for an input when stdin is no PIPE.
  Coroutine<std::pair<std::string, std::string>> communicate(std::string input = {}) const;

  /// Throws ProcessLookupError when the process has ended, ValueError for a number that is no
  /// signal.
  void send_signal(int signal_number) const;
  void terminate() const;  ///< send_signal(SIGTERM)
  void kill() const;       ///< send_signal(SIGKILL)

  /// Closes the streams, dropping what was not sent, and kills the process if it runs. The loop
  /// waits for its end; so may anybody, by `wait`. A second call does nothing.
  void close() const noexcept;

 private:
  std::shared_ptr<detail::ProcessHandle> handle_;
};

/// Starts a program with its arguments, which reach it as they are: no shell looks at them. Without
/// a slash it is looked for in PATH. Throws FileNotFoundError, PermissionError or another OSError,
/// which names it, when it cannot be started, or not in `cwd`; ValueError for options that make no
/// sense. A cancellation while it starts kills it. It is started on a thread of the default
/// executor. See asyncio.create_subprocess_exec.
Coroutine<Process> create_subprocess_exec(std::string program, std::vector<std::string> arguments,
                                          SubprocessOptions options = SubprocessOptions());

namespace detail {

inline void take_argument(std::vector<std::string>& arguments, SubprocessOptions&,
                          std::string argument) {
  arguments.push_back(std::move(argument));
}
inline void take_argument(std::vector<std::string>&, SubprocessOptions& options,
                          SubprocessOptions given) {
  options = std::move(given);
}

template <class T>
concept ArgumentOrOptions =
    std::convertible_to<T, std::string> || std::same_as<T, SubprocessOptions>;

}  // namespace detail

/// The same with the arguments one by one, and the options, if any, at their end:
/// `create_subprocess_exec("ls", "-l", options)`.
template <detail::ArgumentOrOptions... Arguments>
Coroutine<Process> create_subprocess_exec(std::string program, Arguments... arguments) {
  std::vector<std::string> list;
  SubprocessOptions options;
  (detail::take_argument(list, options, std::move(arguments)), ...);
  return create_subprocess_exec(std::move(program), std::move(list), std::move(options));
}

/// Runs a command by `/bin/sh -c`. Never put anything into it that comes from outside, a host name,
/// say: the shell would run what it finds in there. See asyncio.create_subprocess_shell.
Coroutine<Process> create_subprocess_shell(std::string command,
                                           SubprocessOptions options = SubprocessOptions());

}  // namespace rondo
