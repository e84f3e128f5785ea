#include <array>
#include <csignal>
#include <string_view>

#include <rondo/runtime/gather.h>
#include <rondo/ssh/detail/open_channel.h>
#include <rondo/ssh/detail/request.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/process.h>

namespace rondo::ssh {

namespace detail {

/// What the handles of a process share, its streams' handles too: those are made of the same
/// shared_ptr.
class ProcessState {
 public:
  ProcessState(std::string host, std::string name, ChannelHandle open,
               std::shared_ptr<rondo::detail::Stream> ends,
               std::shared_ptr<rondo::detail::ReaderBuffer> errors)
      : peer(std::move(host)),
        command(std::move(name)),
        channel(std::move(open)),
        stream(std::move(ends)),
        stderr_buffer(std::move(errors)) {}

  const std::string peer;  // "host:port"
  const std::string command;
  const ChannelHandle channel;
  const std::shared_ptr<rondo::detail::Stream> stream;
  const std::shared_ptr<rondo::detail::ReaderBuffer> stderr_buffer;
};

}  // namespace detail

namespace {

using detail::ChannelHandle;
using detail::ProcessState;
using detail::SessionPtr;
using StatePtr = std::shared_ptr<ProcessState>;

struct NumberedSignal {
  std::string_view name;
  int number;
};

// Those of RFC 4254, and what servers send besides.
constexpr std::array<NumberedSignal, 20> signals{{
    {"ABRT", SIGABRT}, {"ALRM", SIGALRM}, {"BUS", SIGBUS},   {"CHLD", SIGCHLD}, {"CONT", SIGCONT},
    {"FPE", SIGFPE},   {"HUP", SIGHUP},   {"ILL", SIGILL},   {"INT", SIGINT},   {"IO", SIGIO},
    {"KILL", SIGKILL}, {"PIPE", SIGPIPE}, {"QUIT", SIGQUIT}, {"SEGV", SIGSEGV}, {"STOP", SIGSTOP},
    {"SYS", SIGSYS},   {"TERM", SIGTERM}, {"TRAP", SIGTRAP}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
}};

std::optional<int> returncode_of(std::optional<int> exit_status,
                                 const std::optional<ExitSignal>& exit_signal) noexcept {
  constexpr int unknown = 99;
  if (!exit_signal) return exit_status;
  for (const auto& [name, number] : signals) {
    if (name == exit_signal->signal()) return -number;
  }
  return -unknown;
}

std::string failure_text(const CompletedProcess& process) {
  const std::string text = process.peer() + ": the command ";
  if (const auto& signal = process.exit_signal()) {
    return text + "was ended by signal " + signal->signal();
  }
  return text + "returned " + std::to_string(process.exit_status().value_or(0)) +
         "; what it said is in the error's process()";
}

void refuse_zero_bytes(const std::string& text, const char* what) {
  if (text.find('\0') != std::string::npos) {
    throw ValueError(std::string(what) + " cannot hold a zero byte");
  }
}

Coroutine<void> set_variable(SessionPtr session, ChannelHandle channel, const std::string& name,
                             const std::string& value) {
  const auto set = [&] {
    if (channel->over()) return LIBSSH2_ERROR_CHANNEL_CLOSED;
    return libssh2_channel_setenv_ex(channel->get(), name.c_str(),
                                     static_cast<unsigned>(name.size()), value.c_str(),
                                     static_cast<unsigned>(value.size()));
  };
  // A refusal is no reason to go without the command.
  co_await session->drive(set);
}

Coroutine<void> ask_for_terminal(SessionPtr session, ChannelHandle channel, std::string type,
                                 TermSize size) {
  const auto ask = [&] {
    if (channel->over()) return LIBSSH2_ERROR_CHANNEL_CLOSED;
    return libssh2_channel_request_pty_ex(channel->get(), type.c_str(),
                                          static_cast<unsigned>(type.size()), nullptr, 0,
                                          size.columns(), size.rows(), 0, 0);
  };
  const int result = co_await session->drive(ask);
  if (result != 0) detail::throw_refused(*session, "the server refuses a terminal");
}

Coroutine<void> start_up(SessionPtr session, ChannelHandle channel, std::string kind,
                         std::string what) {
  const auto start = [&] {
    if (channel->over()) return LIBSSH2_ERROR_CHANNEL_CLOSED;
    const bool shell = kind == "shell";
    return libssh2_channel_process_startup(
        channel->get(), kind.c_str(), static_cast<unsigned>(kind.size()),
        shell ? nullptr : what.c_str(), shell ? 0 : static_cast<unsigned>(what.size()));
  };
  const int result = co_await session->drive(start);
  if (result == 0) co_return;
  detail::throw_refused(*session, kind == "shell" ? "the server refuses a shell"
                                  : kind == "exec"
                                      ? "the server refuses a command"
                                      : "the server has no subsystem \"" + what + "\"");
}

Coroutine<void> start_on(SessionPtr session, ChannelHandle channel, std::string command,
                         ProcessOptions options) {
  const detail::Channel::Kept until_started(*channel);
  for (const auto& [name, value] : options.env)
    co_await set_variable(session, channel, name, value);
  if (!options.term_type.empty()) {
    co_await ask_for_terminal(session, channel, options.term_type, options.term_size);
  }
  std::string kind = "shell";
  if (!options.subsystem.empty()) {
    kind = "subsystem";
    command = options.subsystem;
  } else if (!command.empty()) {
    kind = "exec";
  }
  co_await start_up(session, channel, std::move(kind), std::move(command));
}

Coroutine<void> send_input(StreamWriter writer, std::string input) {
  constexpr std::size_t at_once = 256 * 1024;
  try {
    for (std::size_t sent = 0; sent < input.size(); sent += at_once) {
      writer.write(std::string_view(input).substr(sent, at_once));
      co_await writer.drain();
    }
  } catch (const ConnectionResetError&) {
    // The command has ended without it.
    co_return;
  } catch (const Error&) {
    // The readers say so too, if there is anything to say.
    co_return;
  }
  writer.write_eof();
}

Coroutine<std::string> read_all(StreamReader reader) {
  std::string all = co_await reader.read();
  co_return all;
}

Coroutine<void> wait_for_end(StatePtr state) {
  co_await detail::Channel::wait_over(state->channel);
  const detail::Exit& exit = state->channel->exit();
  const auto error = state->channel->error();
  if (error && !exit.status && !exit.signal) std::rethrow_exception(error);
}

/// Gives back what was read, when nobody will get it.
void give_back(const Task<std::string>& text, const StreamReader& reader) {
  if (!text.done() || text.cancelled() || text.exception()) return;
  reader.feed_data(text.result());
}

Coroutine<CompletedProcess> complete(StatePtr state) {
  const Process process(state);
  auto out = create_task(eager_start, read_all(process.stdout_()));
  auto err = create_task(eager_start, read_all(process.stderr_()));
  try {
    co_await gather(out, err);
    co_await process.wait_closed();
  } catch (const CancelledError&) {
    give_back(out, process.stdout_());
    give_back(err, process.stderr_());
    throw;
  }
  co_return CompletedProcess(state->peer, state->command, process.exit_status(),
                             process.exit_signal(), out.result(), err.result());
}

}  // namespace

ProcessOptions::ProcessOptions() = default;

CompletedProcess::CompletedProcess(std::string peer, std::string command,
                                   std::optional<int> exit_status,
                                   std::optional<ExitSignal> exit_signal, std::string stdout_text,
                                   std::string stderr_text)
    : peer_(std::move(peer)),
      command_(std::move(command)),
      exit_status_(exit_status),
      exit_signal_(std::move(exit_signal)),
      stdout_text_(std::move(stdout_text)),
      stderr_text_(std::move(stderr_text)) {}

std::optional<int> CompletedProcess::returncode() const noexcept {
  return returncode_of(exit_status_, exit_signal_);
}

void CompletedProcess::check_returncode() const {
  if (returncode().value_or(0) != 0) throw ProcessError(*this);
}

ProcessError::ProcessError(CompletedProcess process)
    : Error(failure_text(process)),
      process_(std::make_shared<CompletedProcess>(std::move(process))) {}

const std::string& Process::command() const noexcept {
  return state_->command;
}

StreamWriter Process::stdin_() const {
  return StreamWriter(std::shared_ptr<rondo::detail::Stream>(state_, state_->stream.get()));
}

StreamReader Process::stdout_() const {
  return StreamReader(
      std::shared_ptr<rondo::detail::ReaderBuffer>(state_, &state_->stream->reader_buffer()));
}

StreamReader Process::stderr_() const {
  return StreamReader(
      std::shared_ptr<rondo::detail::ReaderBuffer>(state_, state_->stderr_buffer.get()));
}

std::optional<int> Process::exit_status() const noexcept {
  const detail::Exit& exit = state_->channel->exit();
  if (exit.signal) return -1;
  return exit.status;
}

std::optional<ExitSignal> Process::exit_signal() const noexcept {
  return state_->channel->exit().signal;
}

std::optional<int> Process::returncode() const noexcept {
  const detail::Exit& exit = state_->channel->exit();
  return returncode_of(exit.status, exit.signal);
}

Coroutine<std::pair<std::string, std::string>> Process::communicate(std::string input) const {
  auto sending = create_task(eager_start, send_input(stdin_(), std::move(input)));
  auto completing = create_task(eager_start, complete(state_));
  auto both = gather(std::move(sending), std::move(completing));
  auto ends = co_await both;
  const CompletedProcess& completed = std::get<1>(ends);
  co_return std::pair(completed.stdout_(), completed.stderr_());
}

Coroutine<CompletedProcess> Process::wait() const {
  return complete(state_);
}

Coroutine<CompletedProcess> Process::wait(CheckExit) const {
  return detail::checked(complete(state_));
}

void Process::change_terminal_size(TermSize size) const {
  state_->channel->change_terminal_size(size.columns(), size.rows());
}

void Process::close() const {
  state_->channel->close();
}

bool Process::is_closing() const noexcept {
  return state_->channel->is_closing();
}

Coroutine<void> Process::wait_closed() const {
  return wait_for_end(state_);
}

namespace detail {

Coroutine<Process> create_process(SessionPtr session, std::string command, ProcessOptions options) {
  refuse_zero_bytes(command, "a command");
  for (const auto& [name, value] : options.env)
    refuse_zero_bytes(name + value, "the environment");
  auto stream = std::make_shared<rondo::detail::Stream>(options.limit);
  auto stderr_buffer = std::make_shared<rondo::detail::ReaderBuffer>(options.limit);
  ChannelHandle channel = co_await open_session_channel(session, stream, stderr_buffer);
  auto state =
      std::make_shared<ProcessState>(session->peer(), command, channel, stream, stderr_buffer);
  auto starting = start_on(session, channel, std::move(command), std::move(options));
  channel.reset();
  co_await finish_request(session, std::move(starting));
  co_return Process(std::move(state));
}

Coroutine<CompletedProcess> run_process(SessionPtr session, std::string command,
                                        ProcessOptions options) {
  std::string input = std::move(options.input);
  const Process process =
      co_await create_process(std::move(session), std::move(command), std::move(options));
  auto sending = create_task(eager_start, send_input(process.stdin_(), std::move(input)));
  std::optional<CompletedProcess> completed;
  try {
    CompletedProcess ended = co_await process.wait();
    completed.emplace(std::move(ended));
  } catch (...) {
    sending.cancel();
    if (Transport* const channel = process.stdin_().transport()) channel->abort();
    throw;
  }
  co_await sending;
  co_return std::move(*completed);
}

Coroutine<CompletedProcess> checked(Coroutine<CompletedProcess> process) {
  CompletedProcess completed = co_await process;
  completed.check_returncode();
  co_return completed;
}

}  // namespace detail

}  // namespace rondo::ssh
