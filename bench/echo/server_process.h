#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

#include <sys/types.h>
#include <time.h>

// ServerProcess: what the kernel says about another process, the server.

class ServerProcess {
 public:
  /// Throws when there is no such process.
  explicit ServerProcess(pid_t pid) : pid_(pid) {
    if (::clock_getcpuclockid(pid, &clock_) != 0) {
      throw std::runtime_error("there is no process " + std::to_string(pid));
    }
  }

  /// CPU time of all its threads, ended ones included, in nanoseconds; nothing when it has ended.
  std::optional<std::uint64_t> cpu_time() const {
    timespec time{};
    if (::clock_gettime(clock_, &time) != 0) return std::nullopt;
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
  }

  /// A line of /proc/PID/status that counts kB, in bytes; nothing when it has ended. (The maximum
  /// that getrusage knows is inherited from the process that started it, so it says nothing.)
  std::optional<std::uint64_t> memory(const std::string& name) const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with(name + ":")) continue;
      std::istringstream rest(line.substr(name.size() + 1));
      std::uint64_t kilobytes = 0;
      rest >> kilobytes;
      return kilobytes * 1024;
    }
    return std::nullopt;
  }

 private:
  pid_t pid_;
  clockid_t clock_{};
};
