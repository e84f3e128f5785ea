#pragma once

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/runtime/file_descriptor.h>

// A forked child, which may be crippled at will, or leave things behind that nobody frees.

namespace rondo::test {

struct ChildReport {
  bool failed = false;  // it ended with an exception
  int signal = 0;       // the one that ended it; 0: none
  std::string text;     // what it wrote to stderr, then what it returned or the exception's text
};

/// Runs `body` in a forked child, for twenty seconds at most.
inline ChildReport in_child_that_may_die(const std::function<std::string()>& body) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const FileDescriptor from(ends[0]);
  FileDescriptor to(ends[1]);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(20);
    ::signal(SIGSEGV, SIG_DFL);  // the parent reports how the child died
    ::signal(SIGABRT, SIG_DFL);
    ::dup2(to.get(), STDERR_FILENO);
    int status = 0;
    std::string text;
    try {
      text = body();
    } catch (const std::exception& error) {
      text = error.what();
      status = 1;
    }
    const ssize_t written = ::write(to.get(), text.data(), text.size());
    ::_exit(written == static_cast<ssize_t>(text.size()) ? status : 2);
  }
  {
    const FileDescriptor closed = std::move(to);
  }
  ChildReport report;
  char bytes[512];
  for (ssize_t count; (count = ::read(from.get(), bytes, sizeof bytes)) > 0;)
    report.text.append(bytes, static_cast<std::size_t>(count));
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) {
    report.signal = WTERMSIG(status);
    return report;
  }
  REQUIRE(WEXITSTATUS(status) < 2);
  report.failed = WEXITSTATUS(status) == 1;
  return report;
}

/// The same. A child that dies of a signal fails the test.
inline ChildReport in_child(const std::function<std::string()>& body) {
  ChildReport report = in_child_that_may_die(body);
  CAPTURE(report.text);
  REQUIRE(report.signal == 0);
  return report;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace rondo::test
