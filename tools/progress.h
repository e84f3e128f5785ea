#pragma once

#include <chrono>
#include <cstddef>

namespace rondo::tools {

/// A line on standard error that shows how far a job is: only on a terminal, and gone at its end.
class Progress {
 public:
  explicit Progress(std::size_t all);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void started();
  void finished(bool failed);

 private:
  void draw();

  const bool is_shown_;
  const std::size_t all_;
  std::size_t running_ = 0;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  std::chrono::steady_clock::time_point drawn_;  // when it was drawn last
};

}  // namespace rondo::tools
