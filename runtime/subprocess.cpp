#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include <rondo/runtime/connect_pipe.h>
#include <rondo/runtime/detail/child_process.h>
#include <rondo/runtime/detail/spawn.h>
#include <rondo/runtime/gather.h>
#include <rondo/runtime/subprocess.h>

extern char** environ;

namespace rondo {

namespace detail {

namespace {

constexpr std::array<const char*, 3> names{"stdin", "stdout", "stderr"};

}  // namespace

/// What the handles of a process share. Those of its streams are made of the same shared_ptr.
class ProcessHandle {
 public:
  using Streams = std::array<std::shared_ptr<Stream>, 3>;  // null: no pipe

  ProcessHandle(Ref<ChildProcess> child, Streams streams) noexcept
      : child_(std::move(child)), streams_(std::move(streams)) {}
  ProcessHandle(const ProcessHandle&) = delete;
  ProcessHandle& operator=(const ProcessHandle&) = delete;
  ~ProcessHandle() { close(); }

  ChildProcess& child() const noexcept { return *child_; }
  /// Null: no pipe.
  Stream* stream(std::size_t index) const noexcept { return streams_[index].get(); }
  Stream& pipe(std::size_t index) const {
    if (streams_[index]) return *streams_[index];
    const std::string name = names[index];
    throw RuntimeError(name + " of process " + std::to_string(child_->pid()) + " (" +
                       child_->program() + ") is no pipe; start it with " + name +
                       "_(subprocess::PIPE)");
  }

  void close() noexcept {
    for (const std::shared_ptr<Stream>& stream : streams_) {
      if (stream && stream->transport() != nullptr) stream->transport()->abort();
    }
    child_->kill();
  }

 private:
  Ref<ChildProcess> child_;
  Streams streams_;
};

/// All that a program is started with, put together while nothing has happened yet.
class ProcessStart {
 public:
  ProcessStart(std::vector<std::string> arguments, const SubprocessOptions& options)
      : program_(arguments.front()), limit_(options.limit_) {
    check(arguments, options);
    plan_.arguments = std::move(arguments);
    plan_.environment = environment_of(options);
    plan_.directory = options.cwd_;
    plan_.pass_fds = options.pass_fds_;
    plan_.new_session = options.new_session_;
    for (std::size_t i = 0; i < names.size(); ++i)
      redirect(i, options.standard_[i]);
  }

  const std::string& program() const noexcept { return program_; }
  SpawnPlan& plan() noexcept { return plan_; }

  Process finish(Loop& loop, Spawned child) {
    auto process = ChildProcess::watch(loop, std::move(child), program_);
    ProcessHandle::Streams streams;
    if (ours_[0]) streams[0] = write_pipe(loop, std::move(ours_[0]));
    for (const std::size_t i : {1U, 2U}) {
      if (ours_[i]) streams[i] = read_pipe(loop, std::move(ours_[i]), limit_);
    }
    return Process(std::make_shared<ProcessHandle>(std::move(process), std::move(streams)));
  }

 private:
  static void check(const std::vector<std::string>& arguments, const SubprocessOptions& options);
  static void check_no_zero(const std::string& text, const char* what);
  static std::vector<std::string> environment_of(const SubprocessOptions& options);
  void redirect(std::size_t index, int where);
  FileDescriptor open_null(std::size_t index);
  FileDescriptor make_pipe(std::size_t index);
  /// Of our own, and above 2, where no other one of the three will be put in its place.
  FileDescriptor duplicate_of(int descriptor, std::size_t index) const;
  FileDescriptor out_of_the_way(FileDescriptor descriptor, std::size_t index) const;

  std::string program_;
  std::size_t limit_;
  SpawnPlan plan_;
  std::array<FileDescriptor, 3> ours_;  // our ends of pipes; none: no pipe
};

void ProcessStart::check_no_zero(const std::string& text, const char* what) {
  if (text.find('\0') != std::string::npos) {
    throw ValueError(std::string(what) + " of a program cannot hold a zero byte");
  }
}

void ProcessStart::check(const std::vector<std::string>& arguments,
                         const SubprocessOptions& options) {
  for (const std::string& argument : arguments)
    check_no_zero(argument, "an argument");
  check_no_zero(options.cwd_, "the directory");
  if (options.limit_ == 0) throw ValueError("Limit cannot be <= 0");
  for (const int fd : options.pass_fds_) {
    if (fd <= STDERR_FILENO) {
      throw ValueError("pass_fds: " + std::to_string(fd) +
                       " is a standard stream or none at all; use stdin_, stdout_ and stderr_");
    }
  }
}

std::vector<std::string> ProcessStart::environment_of(const SubprocessOptions& options) {
  std::vector<std::string> variables;
  const auto is_replaced = [&options](std::string_view variable) {
    return options.more_env_.contains(std::string(variable.substr(0, variable.find('='))));
  };
  const auto add = [&variables](const std::string& name, const std::string& value) {
    if (name.empty() || name.find('=') != std::string::npos) {
      throw ValueError("\"" + name + "\" cannot be the name of an environment variable");
    }
    check_no_zero(name + value, "the environment");
    variables.push_back(name + '=' + value);
  };
  if (options.env_) {
    for (const auto& [name, value] : *options.env_) {
      if (!is_replaced(name)) add(name, value);
    }
  } else {
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
      if (!is_replaced(*variable)) variables.emplace_back(*variable);
    }
  }
  for (const auto& [name, value] : options.more_env_)
    add(name, value);
  return variables;
}

void ProcessStart::redirect(std::size_t index, int where) {
  FileDescriptor& theirs = plan_.standard[index];
  switch (where) {
    case subprocess::INHERIT:
      return;
    case subprocess::PIPE:
      theirs = make_pipe(index);
      return;
    case subprocess::DEVNULL:
      theirs = open_null(index);
      return;
    case subprocess::STDOUT:
      if (index != STDERR_FILENO) {
        throw ValueError(std::string(names[index]) + ": STDOUT is for stderr only");
      }
      plan_.errors_to_output = true;
      return;
    default:
      if (where < 0) {
        throw ValueError(std::string(names[index]) + ": " + std::to_string(where) +
                         " is neither a descriptor nor PIPE, DEVNULL, STDOUT or INHERIT");
      }
      theirs = duplicate_of(where, index);
  }
}

FileDescriptor ProcessStart::open_null(std::size_t index) {
  FileDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) throw_os_error(errno, "open /dev/null");
  return out_of_the_way(std::move(null), index);
}

// Our end does not block: then no driver ever waits in a system call. Theirs does, as programs
// expect.
FileDescriptor ProcessStart::make_pipe(std::size_t index) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    const int error_number = errno;
    throw_os_error(error_number,
                   std::string("make a pipe for ") + names[index] + " of \"" + program_ + '"');
  }
  FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  const bool child_reads = index == STDIN_FILENO;
  FileDescriptor& theirs = child_reads ? reading : writing;
  ours_[index] = std::move(child_reads ? writing : reading);
  ::fcntl(ours_[index].get(), F_SETFL, O_NONBLOCK);
  return out_of_the_way(std::move(theirs), index);
}

FileDescriptor ProcessStart::out_of_the_way(FileDescriptor descriptor, std::size_t index) const {
  if (descriptor.get() > STDERR_FILENO) return descriptor;
  return duplicate_of(descriptor.get(), index);
}

FileDescriptor ProcessStart::duplicate_of(int descriptor, std::size_t index) const {
  FileDescriptor duplicate(::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (duplicate) return duplicate;
  const int error_number = errno;
  throw_os_error(error_number, std::string(names[index]) + " of \"" + program_ + "\": descriptor " +
                                   std::to_string(descriptor));
}

namespace {

using ProcessHandlePtr = std::shared_ptr<ProcessHandle>;

Coroutine<Process> start(std::vector<std::string> arguments, SubprocessOptions options) {
  ProcessStart start(std::move(arguments), options);
  auto spawning = spawn_on_thread(std::move(start.plan()));
  Spawned child = co_await spawning;
  co_return start.finish(get_running_loop(), std::move(child));
}

StreamWriter writer_of(const ProcessHandlePtr& handle) {
  return StreamWriter(std::shared_ptr<Stream>(handle, &handle->pipe(STDIN_FILENO)));
}

StreamReader reader_of(const ProcessHandlePtr& handle, std::size_t index) {
  return StreamReader(std::shared_ptr<ReaderBuffer>(handle, &handle->pipe(index).reader_buffer()));
}

Coroutine<int> wait(ProcessHandlePtr handle) {
  while (!handle->child().returncode())
    co_await handle->child().ended();
  co_return *handle->child().returncode();
}

Coroutine<> feed(ProcessHandlePtr handle, std::string input) {
  if (handle->stream(STDIN_FILENO) == nullptr) co_return;
  const StreamWriter writer = writer_of(handle);
  if (!input.empty()) {
    writer.write(input);
    try {
      co_await writer.drain();
    } catch (const ConnectionError&) {
      // It has ended, or closed its stdin, and does not want the rest.
    }
  }
  writer.close();
}

Coroutine<std::string> read_all(ProcessHandlePtr handle, std::size_t index) {
  Stream* const stream = handle->stream(index);
  std::string bytes;
  if (stream == nullptr) co_return bytes;
  const StreamReader reader = reader_of(handle, index);
  bytes = co_await reader.read();
  if (stream->transport() != nullptr) stream->transport()->close();
  co_return bytes;
}

Coroutine<std::pair<std::string, std::string>> communicate(ProcessHandlePtr handle,
                                                           std::string input) {
  if (!input.empty() && handle->stream(STDIN_FILENO) == nullptr) {
    throw ValueError("communicate has an input, but stdin of process " +
                     std::to_string(handle->child().pid()) + " (" + handle->child().program() +
                     ") is no pipe; start it with stdin_(subprocess::PIPE)");
  }
  const auto everything = gather(feed(handle, std::move(input)), read_all(handle, STDOUT_FILENO),
                                 read_all(handle, STDERR_FILENO));
  auto [fed, output, errors] = co_await everything;
  static_cast<void>(fed);
  co_await wait(handle);
  co_return std::pair<std::string, std::string>(std::move(output), std::move(errors));
}

}  // namespace

}  // namespace detail

SubprocessOptions::SubprocessOptions() = default;

SubprocessOptions& SubprocessOptions::env(std::map<std::string, std::string> variables) {
  env_ = std::move(variables);
  return *this;
}

SubprocessOptions& SubprocessOptions::env(const std::string& name, std::string value) {
  more_env_.insert_or_assign(name, std::move(value));
  return *this;
}

int Process::pid() const noexcept {
  return handle_->child().pid();
}

std::optional<int> Process::returncode() const noexcept {
  return handle_->child().returncode();
}

StreamWriter Process::stdin_() const {
  return detail::writer_of(handle_);
}

StreamReader Process::stdout_() const {
  return detail::reader_of(handle_, STDOUT_FILENO);
}

StreamReader Process::stderr_() const {
  return detail::reader_of(handle_, STDERR_FILENO);
}

Coroutine<int> Process::wait() const {
  return detail::wait(handle_);
}

Coroutine<std::pair<std::string, std::string>> Process::communicate(std::string input) const {
  return detail::communicate(handle_, std::move(input));
}

void Process::send_signal(int signal_number) const {
  handle_->child().send_signal(signal_number);
}

void Process::terminate() const {
  send_signal(SIGTERM);
}

void Process::kill() const {
  send_signal(SIGKILL);
}

void Process::close() const noexcept {
  handle_->close();
}

Coroutine<Process> create_subprocess_exec(std::string program, std::vector<std::string> arguments,
                                          SubprocessOptions options) {
  arguments.insert(arguments.begin(), std::move(program));
  return detail::start(std::move(arguments), std::move(options));
}

Coroutine<Process> create_subprocess_shell(std::string command, SubprocessOptions options) {
  std::vector<std::string> arguments{"/bin/sh", "-c", std::move(command)};
  return detail::start(std::move(arguments), std::move(options));
}

}  // namespace rondo
