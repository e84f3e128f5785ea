#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>
#include <rondo/ssh/detail/exit_message.h>
#include <rondo/ssh/errors.h>

// ssh::Process: a command, a shell or a subsystem on a server; Connection::create_process starts
// one, and Connection::run waits for its end too.
//
// Its streams are ordinary ones, of bytes. stdout and stderr are apart, and each is read at its own
// pace: who reads one only slowly does not lose a byte, since the server waits; so read both, or
// use `communicate`. These are asyncssh's SSHClientProcess and SSHCompletedProcess. (`stdin` and
// its like are macros of C, so these end in a `_` here.)

namespace rondo::ssh {

namespace detail {
class Channel;
class ProcessState;
class Session;
}  // namespace detail

/// The size of a terminal, in characters.
class TermSize {
 public:
  TermSize(int columns, int rows) noexcept : columns_(columns), rows_(rows) {}
  int columns() const noexcept { return columns_; }
  int rows() const noexcept { return rows_; }

 private:
  int columns_;
  int rows_;
};

/// What a command is started with.
class ProcessOptions {
 public:
  /// No terminal, no variables, no input.
  ProcessOptions();

  /// Variables to set first. One that the server does not allow (sshd: AcceptEnv) is left out
  /// without a word, as ssh does it.
  std::map<std::string, std::string> env;
  std::string term_type;  ///< of a terminal; empty: none is asked for
  TermSize term_size = TermSize(80, 24);
  std::string subsystem;  ///< the name of one to start instead of a command or a shell
  std::string input;      ///< for `run`: what the command reads; then its input ends
  std::size_t limit = StreamReader::default_limit;  ///< of each stream in bytes, see StreamReader
};

/// How a command has ended, and what it said.
class CompletedProcess {
 public:
  CompletedProcess(std::string peer, std::string command, std::optional<int> exit_status,
                   std::optional<ExitSignal> exit_signal, std::string stdout_text,
                   std::string stderr_text);

  const std::string& peer() const noexcept { return peer_; }  ///< "host:port"
  const std::string& command() const noexcept { return command_; }
  /// As Process has them.
  std::optional<int> exit_status() const noexcept { return exit_status_; }
  const std::optional<ExitSignal>& exit_signal() const noexcept { return exit_signal_; }
  std::optional<int> returncode() const noexcept;
  const std::string& stdout_() const noexcept { return stdout_text_; }
  const std::string& stderr_() const noexcept { return stderr_text_; }
  /// Throws ProcessError unless the exit status is 0, or the server told none.
  void check_returncode() const;

 private:
  std::string peer_;
  std::string command_;
  std::optional<int> exit_status_;
  std::optional<ExitSignal> exit_signal_;
  std::string stdout_text_;
  std::string stderr_text_;
};

/// A command did not end with 0. Thrown where that was to be checked.
class ProcessError : public Error {
 public:
  explicit ProcessError(CompletedProcess process);

  const CompletedProcess& process() const noexcept { return *process_; }

 private:
  std::shared_ptr<const CompletedProcess> process_;
};

/// Last argument of `run` and `wait`: to throw ProcessError when the command fails.
struct CheckExit {
  explicit CheckExit() = default;
};
inline constexpr CheckExit check{};

/// A command that was started. A cheap handle; when the last one goes, its streams' included, it is
/// closed as by `close`.
class Process {
 public:
  explicit Process(std::shared_ptr<detail::ProcessState> state) noexcept
      : state_(std::move(state)) {}

  /// Empty for a shell and for a subsystem.
  const std::string& command() const noexcept;

  StreamWriter stdin_() const;
  StreamReader stdout_() const;
  /// Silent when there is a terminal: all comes on stdout then.
  StreamReader stderr_() const;

  /// What the command returned; -1 if a signal has ended it; nothing while it runs, and if the
  /// server never tells.
  std::optional<int> exit_status() const noexcept;
  /// The signal that has ended it; nothing if none did.
  std::optional<ExitSignal> exit_signal() const noexcept;
  /// The exit status, or -N if signal N has ended it (-99: one without a number here).
  std::optional<int> returncode() const noexcept;

  /// Sends `input` and the end of it, reads both streams to their ends, and waits until the command
  /// has ended. Yields what came on stdout and stderr. It is no error if the command does not want
  /// the input. A cancelled `communicate` leaves the command alone; what was not read stays in the
  /// streams. Throws ConnectionLost when the connection ends before the command.
  Coroutine<std::pair<std::string, std::string>> communicate(std::string input = {}) const;

  /// Reads both streams to their ends and waits until the command has ended; stdin stays as it is.
  /// With `check`, throws ProcessError unless it returned 0. Otherwise as `communicate`.
  Coroutine<CompletedProcess> wait() const;
  Coroutine<CompletedProcess> wait(CheckExit check) const;

  /// Tells the command that its terminal has another size now.
  void change_terminal_size(TermSize size) const;

  /// Sends what was written, then closes the channel; what the command still says is dropped. Its
  /// input ends and nobody hears it; with a terminal, sshd also sends it SIGHUP. (No signal can be
  /// sent: libssh2 has none before 1.11. With a terminal, write "\x03" for Ctrl-C.)
  void close() const;
  bool is_closing() const noexcept;
  /// Waits until both sides have closed the channel. That may never be if the command says more
  /// than anybody reads; see `wait`. Throws ConnectionLost when the connection has ended first.
  Coroutine<void> wait_closed() const;

 private:
  std::shared_ptr<detail::ProcessState> state_;
};

namespace detail {

/// Starts what the options and the command say: an empty command is a shell.
Coroutine<Process> create_process(std::shared_ptr<Session> session, std::string command,
                                  ProcessOptions options);
Coroutine<CompletedProcess> run_process(std::shared_ptr<Session> session, std::string command,
                                        ProcessOptions options);
Coroutine<CompletedProcess> checked(Coroutine<CompletedProcess> process);

}  // namespace detail

}  // namespace rondo::ssh
