#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

#include "../temporary_directory.h"

// A program that a test runs, in a directory that is gone afterwards.

namespace rondo::tests {

/// The whole of a file. Throws std::runtime_error when it cannot be read.
std::string contents(const std::filesystem::path& path);

/// Where the examples were built: RONDO_EXAMPLES_DIR of the environment, or of the build.
std::filesystem::path examples_directory();

/// How a program ended.
struct Ending {
  std::string output;   // standard output and standard error, as they came (but for one line)
  bool in_time = true;  // false: it was killed at the time limit
  int wait_status = 0;  // of waitpid
  /// The exit status; -1 when it did not exit by itself.
  int exit_status() const noexcept;
};

/// A running program. Whatever happens, it has ended when this is destroyed.
class Program {
 public:
  static constexpr std::chrono::seconds time_limit{20};  // from the start on

  /// `environment`: "NAME=value" entries that replace those of this process. Throws
  /// std::system_error when the program cannot be started.
  Program(const std::filesystem::path& program, const std::vector<std::string>& arguments,
          const std::filesystem::path& working_directory,
          std::vector<std::string> environment = {});
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  /// Reads its output until `text` is in it; false when it ends, or the time is over, before.
  bool wait_for_output(const std::string& text);
  /// As by kill(1): SIGINT is what Ctrl-C sends.
  void send_signal(int signal_number);
  /// Reads its output to the end and waits for the program.
  Ending wait();
  const std::string& output() const noexcept { return output_; }

 private:
  enum class Reading { more, end, timed_out };
  Reading read_more();

  pid_t pid_ = -1;   // -1: has been waited for
  int output_pipe_;  // the end that is read
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::now() + time_limit;
  std::string output_;
};

}  // namespace rondo::tests
