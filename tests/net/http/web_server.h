#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

// Web servers that other people wrote, each in a process of its own on a free loopback port, and
// commands that are run to their end. Both block: `to_thread` is for calling them from a loop.

namespace rondo::test {

/// A directory that goes away with this.
class WebDirectory {
 public:
  WebDirectory();
  WebDirectory(const WebDirectory&) = delete;
  WebDirectory& operator=(const WebDirectory&) = delete;
  ~WebDirectory();

  const std::filesystem::path& path() const noexcept { return path_; }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  /// Writes a file, and returns its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

/// Where a program is; empty if nowhere.
std::string find_program(const std::string& name);

/// What a command of the shell printed, errors included.
std::string shell(std::string command);

/// A port that was free a moment ago.
std::uint16_t free_port();

/// A process that listens at a port until this goes away; then it gets SIGTERM, and SIGKILL if it
/// does not end.
class WebServer {
 public:
  /// Starts it and waits until the port answers; throws with what it printed when it does not.
  WebServer(const std::vector<std::string>& command, std::uint16_t port);
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;
  ~WebServer();

  std::string url(const std::string& path = "/", const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  bool wait_until_listening() const;
  void stop() noexcept;

  WebDirectory directory_;  // for what it prints
  std::uint16_t port_;
  pid_t pid_ = -1;
};

}  // namespace rondo::test
