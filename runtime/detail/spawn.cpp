#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/runtime/cancel_scope.h>
#include <rondo/runtime/detail/child_process.h>
#include <rondo/runtime/detail/pidfd.h>
#include <rondo/runtime/detail/spawn.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/run_in_executor.h>
#include <rondo/runtime/to_thread.h>

namespace rondo::detail {

namespace {

/// What posix_spawn's child does before the program takes over.
class FileActions {
 public:
  FileActions() { check(::posix_spawn_file_actions_init(&actions_)); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  /// Where they are the same, the descriptor is no longer close-on-exec.
  void duplicate(int from, int to) {
    check(::posix_spawn_file_actions_adddup2(&actions_, from, to));
  }
  void change_directory(int fd) { check(::posix_spawn_file_actions_addfchdir_np(&actions_, fd)); }
  /// Closes what is above 2 and not to be kept, whoever opened it, close-on-exec or not.
  void close_others(std::vector<int> kept) {
    std::ranges::sort(kept);
    int next = STDERR_FILENO + 1;
    for (const int fd : kept) {
      for (; next < fd; ++next)
        check(::posix_spawn_file_actions_addclose(&actions_, next));
      if (fd >= next) next = fd + 1;
    }
    check(::posix_spawn_file_actions_addclosefrom_np(&actions_, next));
  }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  static void check(int error_number) {
    if (error_number != 0) throw_os_error(error_number, "prepare to start a program");
  }

  posix_spawn_file_actions_t actions_{};
};

/// Signals and the session. No signal is blocked, and none ignored that is here: SIGPIPE is, by
/// every loop, and few programs could live with that. Three are left ignored if they are: whoever
/// started us with nohup, or in the background of a script, means our children too.
class Attributes {
 public:
  explicit Attributes(bool new_session) {
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    for (const int signal_number : {SIGHUP, SIGINT, SIGQUIT}) {
      struct sigaction action{};
      ::sigaction(signal_number, nullptr, &action);
      if (action.sa_handler == SIG_IGN) sigdelset(&signals, signal_number);
    }
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (new_session) flags |= POSIX_SPAWN_SETSID;
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }

  const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

/// The strings as exec wants them; good for as long as they are.
std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& text : strings)
    pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// The PATH of the environment that the program gets; Python's when it has none.
std::string_view search_path(const SpawnPlan& plan) {
  constexpr std::string_view name = "PATH=";
  for (const std::string_view variable : plan.environment) {
    if (variable.starts_with(name)) return variable.substr(name.size());
  }
  return "/bin:/usr/bin";
}

bool is_searched_for(const SpawnPlan& plan) {
  return plan.arguments.front().find('/') == std::string::npos;
}

/// The paths at which the program may be. A relative one begins where the program is started.
std::vector<std::string> candidates(const SpawnPlan& plan) {
  const std::string& program = plan.arguments.front();
  if (!is_searched_for(plan)) return {program};
  std::vector<std::string> paths;
  std::string_view rest = search_path(plan);
  for (bool more = true; more;) {
    const std::size_t end = rest.find(':');
    std::string path(rest.substr(0, end));
    if (!path.empty()) path += '/';
    paths.push_back(path + program);
    more = end != std::string_view::npos;
    if (more) rest.remove_prefix(end + 1);
  }
  return paths;
}

std::string start_text(const SpawnPlan& plan) {
  return "start \"" + plan.arguments.front() + '"';
}

FileDescriptor open_directory(const SpawnPlan& plan) {
  if (plan.directory.empty()) return FileDescriptor();
  FileDescriptor directory(::open(plan.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const bool may_enter = directory && ::faccessat(directory.get(), ".", X_OK, AT_EACCESS) == 0;
  if (may_enter) return directory;
  const int error_number = errno;
  throw_os_error(error_number, start_text(plan) + " in the directory \"" + plan.directory + '"');
}

bool exists(int directory, const std::string& path) {
  return ::faccessat(directory, path.c_str(), F_OK, 0) == 0;
}

[[noreturn]] void throw_not_started(const SpawnPlan& plan, int directory, int error_number) {
  std::string text = start_text(plan);
  if (is_searched_for(plan) && error_number == ENOENT) {
    text += ", looked for in " + std::string(search_path(plan));
  } else if (error_number == ENOENT && exists(directory, plan.arguments.front())) {
    text += ", which is there, but not the interpreter that its first line names";
  }
  throw_os_error(error_number, text);
}

/// A child that has just been started, in the hands of its owner.
Spawned take_over(pid_t pid, const SpawnPlan& plan) {
  FileDescriptor pidfd(pidfd_open(pid));
  if (pidfd) {
    // If somebody waits for whatever child comes, this one may be gone, and its number a stranger's
    // whom we must not kill.
    siginfo_t info{};
    const auto id = static_cast<id_t>(pidfd.get());
    const bool ours = ::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
    return {pid, ours ? std::move(pidfd) : FileDescriptor()};
  }
  if (errno == ESRCH) return {pid, FileDescriptor()};
  const int error_number = errno;
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  throw_os_error(error_number, start_text(plan) + " and watch it");
}

/// Runs the plan unless `claimed` says that nobody wants it any more.
Spawned spawn_if_wanted(const std::shared_ptr<std::atomic<bool>>& claimed, const SpawnPlan& plan) {
  return claimed->exchange(true) ? Spawned() : spawn(plan);
}

Coroutine<> kill_and_wait(Spawned child) {
  const Ref<ChildProcess> process = ChildProcess::watch(get_running_loop(), std::move(child), {});
  process->kill();
  if (!process->returncode()) co_await process->ended();
}

}  // namespace

Spawned::~Spawned() {
  if (!pidfd_) return;
  pidfd_send_signal(pidfd_.get(), SIGKILL);
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) < 0 && errno == EINTR) {
  }
}

Spawned spawn(const SpawnPlan& plan) {
  const FileDescriptor directory = open_directory(plan);
  const int base = directory ? directory.get() : AT_FDCWD;
  FileActions actions;
  for (int fd = 0; fd < 3; ++fd) {
    const FileDescriptor& source = plan.standard[static_cast<std::size_t>(fd)];
    if (source) actions.duplicate(source.get(), fd);
  }
  if (plan.errors_to_output) actions.duplicate(STDOUT_FILENO, STDERR_FILENO);
  if (directory) actions.change_directory(directory.get());
  for (const int fd : plan.pass_fds)
    actions.duplicate(fd, fd);
  actions.close_others(plan.pass_fds);

  const Attributes attributes(plan.new_session);
  const std::vector<char*> arguments = pointers_to(plan.arguments);
  const std::vector<char*> environment = pointers_to(plan.environment);
  // Python's rule: the first that can be started; else the first error that is not "not there".
  int error_number = 0;
  int not_there = ENOENT;
  for (const std::string& path : candidates(plan)) {
    if (is_searched_for(plan) && !exists(base, path)) continue;
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, path.c_str(), actions.get(), attributes.get(),
                                    arguments.data(), environment.data());
    if (error == 0) return take_over(pid, plan);
    if (error == ENOENT || error == ENOTDIR) {
      not_there = error;
    } else if (error_number == 0) {
      error_number = error;
    }
  }
  throw_not_started(plan, base, error_number != 0 ? error_number : not_there);
}

Coroutine<Spawned> spawn_on_thread(SpawnPlan plan) {
  const auto claimed = std::make_shared<std::atomic<bool>>(false);
  Future<Spawned> job =
      get_running_loop().run_in_executor(nullptr, spawn_if_wanted, claimed, std::move(plan));
  std::exception_ptr cancelled;
  try {
    DoneSignal done(job.state());
    co_await done;
  } catch (const CancelledError&) {
    cancelled = std::current_exception();
  }
  if (cancelled && !claimed->exchange(true)) {
    job.cancel();  // it has not begun
    std::rethrow_exception(cancelled);
  }
  const SoleFuture<Spawned> result(job);
  if (!cancelled) {
    Spawned child = co_await result;
    co_return child;
  }
  {
    // As an operation of the kernel cannot be called off, nor can this: it has to be waited for.
    const ShieldFromScopes shield;
    while (!job.done()) {
      try {
        DoneSignal done(job.state());
        co_await done;
      } catch (const CancelledError&) {
        // One is delivered already.
      }
    }
    if (!job.exception()) {
      Spawned child = co_await result;
      co_await kill_and_wait(std::move(child));
    }
  }
  std::rethrow_exception(cancelled);
}

}  // namespace rondo::detail
