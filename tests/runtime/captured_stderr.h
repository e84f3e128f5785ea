#pragma once

#include <cstdio>
#include <string>

#include <unistd.h>

namespace rondo::testing {

/// While it lives, what goes to the standard error is kept for the test to read.
class CapturedStderr {
 public:
  CapturedStderr() : file_(std::tmpfile()), before_(dup(STDERR_FILENO)) {
    std::fflush(stderr);
    dup2(fileno(file_), STDERR_FILENO);
  }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;
  ~CapturedStderr() {
    std::fflush(stderr);
    dup2(before_, STDERR_FILENO);
    ::close(before_);
    std::fclose(file_);
  }

  /// All of it so far.
  std::string text() const {
    std::fflush(stderr);
    std::string all;
    std::rewind(file_);
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_))
      all.push_back(static_cast<char>(c));
    return all;
  }

 private:
  std::FILE* file_;
  int before_;  // the descriptor of the real standard error
};

}  // namespace rondo::testing
