// What epoll alone does not do: pipes and terminals, which have no call that does not block, and
// files and paths, which go to threads.

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/epoll.h>
#include <rondo/runtime/task.h>

#include "counted_operation.h"
#include "drivers.h"
#include "in_child.h"
#include "test_stream_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// A named pipe, whose opening for reading blocks until somebody writes.
class NamedPipe {
 public:
  NamedPipe() {
    std::string pattern = (fs::temp_directory_path() / "rondo-epoll-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    path_ = directory_ / "pipe";
    REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
  }
  NamedPipe(const NamedPipe&) = delete;
  NamedPipe& operator=(const NamedPipe&) = delete;
  ~NamedPipe() { fs::remove_all(directory_); }

  /// To open it for reading.
  Request request(int directory = AT_FDCWD) {
    return {Opcode::open, directory, const_cast<char*>(path_.c_str()), 0, O_RDONLY};
  }
  /// Lets those go on who open it.
  FileDescriptor writer() const {
    return FileDescriptor(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  }
  const fs::path& directory() const noexcept { return directory_; }

 private:
  fs::path directory_;
  fs::path path_;
};

/// Waits until a thread of this process is in openat(2).
void wait_for_a_thread_that_opens() {
  const std::string openat = std::to_string(SYS_openat) + " ";
  for (int i = 0; i < 2000; ++i) {
    for (const auto& thread : fs::directory_iterator("/proc/self/task")) {
      std::string call;
      std::getline(std::ifstream(thread.path() / "syscall"), call);
      if (call.starts_with(openat)) return;
    }
    ::usleep(1000);
  }
}

TEST_CASE("a file is read in full, from memory or by a thread") {
  for (const EpollOptions& options : both_kinds_of_epoll) {
    Epoll driver(options);
    const FileDescriptor file(::open(fs::temp_directory_path().c_str(), O_TMPFILE | O_RDWR, 0600));
    REQUIRE(file);
    REQUIRE(::write(file.get(), "abc", 3) == 3);
    std::array<char, 10> bytes{};
    CountedOperation read;
    for (const std::uint32_t length : {2U, 3U, 10U}) {
      Request request{Opcode::read, file.get(), bytes.data(), length};
      request.offset = 0;
      read.ask(driver, request);
      CHECK(answered(driver, read));
      CHECK(read.result == static_cast<int>(std::min(length, 3U)));
      CHECK(std::string(bytes.data(), 2) == "ab");
    }
  }
}

TEST_CASE("[fault 25] a cancel of what a thread is at waits for it, and late success is told") {
  Epoll driver;
  NamedPipe pipe;
  CountedOperation open;
  open.ask(driver, pipe.request());
  turn_idly(driver);
  wait_for_a_thread_that_opens();
  driver.cancel(open);
  turn_idly(driver);
  CHECK(open.in_flight());
  const FileDescriptor writer = pipe.writer();
  CHECK(answered(driver, open));
  CHECK(open.answers == 1);
  CHECK(open.result >= 0);
  const FileDescriptor opened(open.result);
}

TEST_CASE("what no thread has begun is cancelled at once, and never done") {
  EpollOptions options;
  options.threads = 1;
  Epoll driver(options);
  NamedPipe pipe;
  CountedOperation open;
  open.ask(driver, pipe.request());
  turn_idly(driver);
  const std::string path = (pipe.directory() / "directory").string();
  CountedOperation mkdir;
  mkdir.ask(driver, {Opcode::mkdir, AT_FDCWD, const_cast<char*>(path.c_str()), 0700});
  turn_idly(driver);
  driver.cancel(mkdir);
  CHECK(answered(driver, mkdir));
  CHECK(mkdir.result == -ECANCELED);
  CHECK(open.in_flight());
  const FileDescriptor writer = pipe.writer();
  CHECK(answered(driver, open));
  const FileDescriptor opened(open.result);
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a descriptor is not closed while a thread uses it, so that its number stays its own") {
  for (const bool cancelled : {false, true}) {
    Epoll driver;
    NamedPipe pipe;
    FileDescriptor directory(::open(pipe.directory().c_str(), O_RDONLY | O_CLOEXEC));
    CountedOperation open;
    open.ask(driver, pipe.request(directory.get()));
    turn_idly(driver);
    CountedOperation close;
    close.ask(driver, {Opcode::close, directory.get()});
    turn_idly(driver);
    CHECK(close.in_flight());
    CHECK(::fcntl(directory.get(), F_GETFD) >= 0);
    if (cancelled) driver.cancel(close);
    const FileDescriptor writer = pipe.writer();
    CHECK(answered(driver, open));
    const FileDescriptor opened(open.result);
    CHECK(answered(driver, close));
    CHECK(close.result == (cancelled ? -ECANCELED : 0));
    directory.close_answered(close.result);
  }
}

TEST_CASE("[fault 34] a loop closes though a thread of its driver is stuck, and says so") {
  const ChildReport report = in_child([] {
    NamedPipe pipe;
    Loop loop(kind_of("epoll", EpollOptions()).options());
    loop.close_patience = 10ms;
    const auto open_for_ever = [](Request request) -> Coroutine<int> {
      co_return co_await detail::perform(request);
    };
    static_cast<void>(create_task_on(loop, open_for_ever(pipe.request())));
    for (int i = 0; i < 3; ++i) {
      loop.stop();
      loop.run_forever();
    }
    wait_for_a_thread_that_opens();
    loop.close();
    // The thread goes on, and must find nothing missing.
    const FileDescriptor writer = pipe.writer();
    ::usleep(20'000);
    return std::string("closed");
  });
  CHECK_FALSE(report.failed);
  CHECK(contains(report.text, "has not answered 1 operation(s) that were cancelled"));
  CHECK(contains(report.text, "closed"));
}

TEST_CASE("a write to a pipe takes what there is room for, and changes no flags") {
  for (const EpollOptions& options : both_kinds_of_epoll) {
    Epoll driver(options);
    auto [from, to] = new_pipe();
    const int flags = ::fcntl(to.get(), F_GETFL);
    std::string sent(1024 * 1024, '\0');
    for (std::size_t i = 0; i < sent.size(); ++i)
      sent[i] = static_cast<char>(i * 31 % 251);
    std::string received;
    std::size_t done = 0;
    CountedOperation write;
    while (received.size() < sent.size()) {
      if (!write.in_flight()) {
        if (write.answers > 0) {
          REQUIRE(write.result > 0);
          done += static_cast<std::size_t>(std::exchange(write.result, 0));
        }
        if (done < sent.size()) {
          write.ask(driver, {Opcode::write, to.get(), sent.data() + done,
                             static_cast<std::uint32_t>(sent.size() - done)});
        }
        write.answers = 1;
      }
      driver.submit_and_wait(Duration::zero());
      driver.reap();
      std::string bytes(100'000, '\0');
      pollfd entry{from.get(), POLLIN, 0};
      if (::poll(&entry, 1, 0) > 0) {
        bytes.resize(static_cast<std::size_t>(::read(from.get(), bytes.data(), bytes.size())));
        received += bytes;
      }
      CHECK(::fcntl(to.get(), F_GETFL) == flags);
    }
    CHECK(received == sent);
    REQUIRE(finish(driver, 10));
  }
}

TEST_CASE("a full pipe is waited for, and a writer whose reader goes away ends") {
  for (const EpollOptions& options : both_kinds_of_epoll) {
    Epoll driver(options);
    auto [from, to] = new_pipe();
    REQUIRE(::fcntl(to.get(), F_SETPIPE_SZ, 4096) == 4096);
    std::string much(100'000, 'x');
    const Request request{Opcode::write, to.get(), much.data(), 100'000};
    CountedOperation write;
    write.ask(driver, request);
    REQUIRE(answered(driver, write));
    CHECK(write.result == 4096);
    write.ask(driver, request);
    turn_idly(driver);
    CHECK(write.in_flight());
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    from = FileDescriptor();
    CHECK(answered(driver, write));
    CHECK(write.result == -EPIPE);
    std::signal(SIGPIPE, before);
  }
}

TEST_CASE("a terminal is read and written to without blocking") {
  for (const EpollOptions& options : both_kinds_of_epoll) {
    Epoll driver(options);
    const FileDescriptor master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(::grantpt(master.get()) == 0);
    REQUIRE(::unlockpt(master.get()) == 0);
    const FileDescriptor terminal(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    std::array<char, 100> line{};
    CountedOperation read;
    read.ask(driver, {Opcode::read, terminal.get(), line.data(), 100});
    turn_idly(driver);
    CHECK(read.in_flight());
    REQUIRE(::write(master.get(), "show version\n", 13) == 13);
    CHECK(answered(driver, read));
    CHECK(std::string(line.data(), 13) == "show version\n");

    // Nobody reads what is written here, until the terminal takes no more.
    std::string much(100'000, 'x');
    CountedOperation write;
    for (int i = 0; i < 10'000 && !write.in_flight(); ++i) {
      write.ask(driver, {Opcode::write, terminal.get(), much.data(), 100'000});
      turn_idly(driver, 2);
    }
    CHECK(write.in_flight());
    driver.cancel(write);
    REQUIRE(finish(driver, 10));
    CHECK(write.result == -ECANCELED);
  }
}

}  // namespace

TEST_SUITE_END();
