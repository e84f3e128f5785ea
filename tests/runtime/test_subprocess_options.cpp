// What a program gets that is started: its place, its streams, its descriptors, its signals.

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rondo/runtime.h>

#include "in_child.h"
#include "subprocess_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;

/// A directory of its own, and its end.
class Directory {
 public:
  Directory() {
    std::array<char, 32> name{"/tmp/rondo-test-XXXXXX"};
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name.data();
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    for (const std::string& file : files_)
      ::unlink(file.c_str());
    ::rmdir(path_.c_str());
  }

  const std::string& path() const noexcept { return path_; }
  std::string add(const std::string& name, const std::string& text, mode_t mode = 0755) {
    files_.push_back(path_ + "/" + name);
    std::ofstream(files_.back()) << text;
    ::chmod(files_.back().c_str(), mode);
    return files_.back();
  }

 private:
  std::string path_;
  std::vector<std::string> files_;
};

/// The text of the error with which starting fails; "started" if it does not.
template <class Error>
Coroutine<std::string> error_of(Coroutine<Process> starting) {
  std::string text = "started";
  try {
    co_await starting;
  } catch (const Error& error) {
    text = error.what();
  }
  co_return text;
}

TEST_CASE("a program starts in its directory, where relative paths begin") {
  run_bounded([]() -> Coroutine<void> {
    const Directory directory;
    directory.path();
    SubprocessOptions options = captured();
    options.cwd(directory.path());
    const std::string where = co_await output_of(create_subprocess_exec("pwd", options));
    CHECK(where == directory.path() + "\n");
    Directory tools;
    tools.add("tool", "#!/bin/sh\necho \"$1\"\n");
    options.cwd(tools.path());
    const std::string said =
        co_await output_of(create_subprocess_exec("./tool", "an argument", options));
    CHECK(said == "an argument\n");
    options.env("PATH", ":/nowhere");  // an empty entry is where it is started
    const std::string again = co_await output_of(create_subprocess_exec("tool", "x", options));
    CHECK(again == "x\n");
  });
}

TEST_CASE("a program is looked for in the PATH that it gets, past what cannot be run") {
  run_bounded([]() -> Coroutine<void> {
    Directory first;
    Directory second;
    first.add("tool", "#!/bin/sh\n", 0644);
    second.add("tool", "#!/bin/sh\necho second\n");
    SubprocessOptions options = captured();
    options.env("PATH", first.path() + ":" + second.path());
    const std::string said = co_await output_of(create_subprocess_exec("tool", options));
    CHECK(said == "second\n");
    options.env("PATH", first.path() + ":/nowhere");
    const std::string denied =
        co_await error_of<PermissionError>(create_subprocess_exec("tool", options));
    CHECK(denied == "start \"tool\": Permission denied");
  });
}

TEST_CASE("what cannot be started says what it is, where it was looked for, and why [fault 57]") {
  run_bounded([]() -> Coroutine<void> {
    Directory tools;
    const std::string no_program = tools.add("text", "no program", 0644);
    const std::string no_interpreter = tools.add("script", "#!/nowhere/sh\n");
    const std::string no_format = tools.add("data", "neither a script nor a binary\n");
    SubprocessOptions options;
    options.env("PATH", "/nowhere:/nor/here");
    const std::string missing =
        co_await error_of<FileNotFoundError>(create_subprocess_exec("tool", "argument", options));
    CHECK(missing == "start \"tool\", looked for in /nowhere:/nor/here: No such file or directory");
    const std::string by_path =
        co_await error_of<FileNotFoundError>(create_subprocess_exec("/nowhere/tool"));
    CHECK(by_path == "start \"/nowhere/tool\": No such file or directory");
    const std::string denied =
        co_await error_of<PermissionError>(create_subprocess_exec(no_program));
    CHECK(denied == "start \"" + no_program + "\": Permission denied");
    const std::string script =
        co_await error_of<FileNotFoundError>(create_subprocess_exec(no_interpreter));
    CHECK(contains(script, "not the interpreter that its first line names"));
    const std::string data = co_await error_of<OSError>(create_subprocess_exec(no_format));
    CHECK(contains(data, "Exec format error"));
    const std::string inside =
        co_await error_of<NotADirectoryError>(create_subprocess_exec(no_program + "/tool"));
    CHECK(contains(inside, "Not a directory"));
    options.cwd("/nowhere");
    const std::string nowhere =
        co_await error_of<FileNotFoundError>(create_subprocess_exec("/bin/true", options));
    CHECK(nowhere ==
          "start \"/bin/true\" in the directory \"/nowhere\": No such file or directory");
    options.cwd(no_program);
    const std::string no_directory =
        co_await error_of<NotADirectoryError>(create_subprocess_exec("/bin/true", options));
    CHECK(contains(no_directory, "in the directory \"" + no_program));
  });
  CHECK(no_child_left());
}

TEST_CASE("options that make no sense are refused before anything is started") {
  run_bounded([]() -> Coroutine<void> {
    const auto refused = [](SubprocessOptions options) {
      return error_of<ValueError>(create_subprocess_exec("true", std::move(options)));
    };
    const std::string out = co_await refused(SubprocessOptions().stdout_(subprocess::STDOUT));
    CHECK(out == "stdout: STDOUT is for stderr only");
    const std::string number = co_await refused(SubprocessOptions().stdin_(-77));
    CHECK(contains(number, "-77 is neither a descriptor nor"));
    const std::string limit = co_await refused(SubprocessOptions().limit(0));
    CHECK(contains(limit, "Limit"));
    const std::vector<int> standard{STDERR_FILENO};  // named, for g++ 12
    const std::string passed = co_await refused(SubprocessOptions().pass_fds(standard));
    CHECK(contains(passed, "use stdin_, stdout_ and stderr_"));
    const std::string name = co_await refused(SubprocessOptions().env("", "x"));
    CHECK(contains(name, "name of an environment variable"));
    const std::string zero("zero\0byte", 9);
    const std::string directory = co_await refused(SubprocessOptions().cwd(zero));
    CHECK(contains(directory, "zero byte"));
    const std::string argument =
        co_await error_of<ValueError>(create_subprocess_exec("true", zero));
    CHECK(contains(argument, "zero byte"));
    const std::string closed = co_await error_of<OSError>(
        create_subprocess_exec("true", SubprocessOptions().stdin_(7777)));
    CHECK(closed == "stdin of \"true\": descriptor 7777: Bad file descriptor");
  });
  CHECK(no_child_left());
}

TEST_CASE("streams lead to descriptors, to one another, and anywhere crosswise") {
  run_bounded([]() -> Coroutine<void> {
    const std::string both = co_await output_of(
        create_subprocess_shell("echo out; echo err >&2", captured().stderr_(subprocess::STDOUT)));
    CHECK(both == "out\nerr\n");

    auto [mine, theirs] = socket_pair();
    SubprocessOptions options;
    options.stdin_(theirs).stdout_(theirs);
    send_now(mine, "through a socket");
    ::shutdown(mine.get(), SHUT_WR);
    const int code = co_await code_of(create_subprocess_exec("cat", options));
    CHECK(code == 0);
    const std::string echoed = co_await receive(mine, 16);
    CHECK(echoed == "through a socket");
    CHECK(::fcntl(theirs.get(), F_GETFD) >= 0);  // still ours

    std::vector<std::string> arguments{"-c", "echo \"$0$1\"", "from ", "a vector"};
    const std::string said =
        co_await output_of(create_subprocess_exec("sh", std::move(arguments), captured()));
    CHECK(said == "from a vector\n");
  });
}

TEST_CASE("a program whose own standard streams are closed can start others all the same") {
  const ChildReport report = in_child([]() -> std::string {
    ::close(STDIN_FILENO);
    ::close(STDOUT_FILENO);
    std::string output;
    run([](std::string& all) -> Coroutine<void> {
      SubprocessOptions options = piped();
      options.stderr_(subprocess::STDOUT);
      const Process process = co_await create_subprocess_shell("cat; echo errors >&2", options);
      auto [out, errors] = co_await process.communicate("input, ");
      all = out;
    }(output));
    return output;
  });
  CHECK(report.text == "input, errors\n");
}

TEST_CASE("a program has no descriptors but those it was given [fault 56]") {
  run_bounded([]() -> Coroutine<void> {
    // Somebody has been careless, and an event loop is at work.
    const FileDescriptor careless(::open("/dev/null", O_RDONLY));
    const FileDescriptor passed(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const FileDescriptor careless_too(::open("/dev/null", O_RDONLY));
    const std::string list = co_await output_of(create_subprocess_exec(
        "ls", "/proc/self/fd", captured().stdin_(subprocess::PIPE).stderr_(subprocess::PIPE)));
    CHECK(list == "0\n1\n2\n3\n");  // 3 is the directory that ls reads
    SubprocessOptions options = captured();
    options.pass_fds({passed.get()});
    const std::string target = co_await output_of(create_subprocess_exec(
        "readlink", "/proc/self/fd/" + std::to_string(passed.get()), options));
    CHECK(target == "/dev/null\n");
    const std::string others = co_await output_of(
        create_subprocess_exec("readlink", "/proc/self/fd/" + std::to_string(careless.get()),
                               "/proc/self/fd/" + std::to_string(careless_too.get()), options));
    CHECK(others.empty());
  });
}

/// A set of signals as /proc/PID/status has it.
std::uint64_t signal_set(const std::string& status, const std::string& name) {
  const std::size_t place = status.find(name + ":\t");
  REQUIRE(place != std::string::npos);
  return std::stoull(status.substr(place + name.size() + 2), nullptr, 16);
}

TEST_CASE("a program starts with no signal blocked or ignored, except as nohup has it") {
  run_bounded([]() -> Coroutine<void> {
    const auto hup = ::signal(SIGHUP, SIG_IGN);
    const auto usr1 = ::signal(SIGUSR1, SIG_IGN);
    sigset_t blocked;
    sigset_t before;
    sigfillset(&blocked);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    auto asking = output_of(create_subprocess_exec("cat", "/proc/self/status", captured()));
    const std::string status = co_await asking;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::signal(SIGHUP, hup);
    ::signal(SIGUSR1, usr1);
    CHECK(signal_set(status, "SigBlk") == 0);
    // 32 and 33 are the C library's own, whose posix_spawn leaves them so; no program misses them.
    constexpr std::uint64_t internal = std::uint64_t{3} << 31;
    CHECK((signal_set(status, "SigIgn") & ~internal) == 1);  // SIGHUP
    // So that this ends, by SIGPIPE, as it does from a shell.
    const int code = co_await code_of(
        create_subprocess_shell("(yes; echo not reached >&2) 2>&1 | head -n 1 > /dev/null"));
    CHECK(code == 0);
  });
}

TEST_CASE("a session of its own, if it is asked for") {
  run_bounded([]() -> Coroutine<void> {
    const Process alone = co_await create_subprocess_exec("cat", piped().start_new_session());
    CHECK(::getsid(alone.pid()) == alone.pid());
    const Process with_us = co_await create_subprocess_exec("cat", piped());
    CHECK(::getsid(with_us.pid()) == ::getsid(0));
  });
}

TEST_CASE("[fault 74] arguments are no commands: no shell sees them") {
  run_bounded([]() -> Coroutine<void> {
    const Directory directory;
    const std::string file = directory.path() + "/made";
    for (const std::string& host :
         {";touch " + file, "$(touch " + file + ")", "`touch " + file + "`", "| touch " + file,
          "router\ntouch " + file, std::string("-f"), std::string("*"), std::string()}) {
      const std::string seen =
          co_await output_of(create_subprocess_exec("printf", "%s", "--", host, captured()));
      CHECK(seen == "--" + host);
      CHECK(::access(file.c_str(), F_OK) != 0);
    }
    // What runs is the program itself, and nothing between it and us.
    const Process process = co_await create_subprocess_exec("cat", "-", "$(id)", piped());
    process.stdin_().write("x");
    const std::string echo = co_await process.stdout_().readexactly(1);  // it is at work
    CHECK(echo == "x");
    std::ifstream stream("/proc/" + std::to_string(process.pid()) + "/cmdline");
    std::string line;
    std::getline(stream, line);
    const std::string expected("cat\0-\0$(id)\0", 12);
    CHECK(line == expected);
  });
}

}  // namespace

TEST_SUITE_END();
