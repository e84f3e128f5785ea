#include "dnsmasq.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bare_sockets.h"

namespace rondo::test {

namespace {

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "re"), ::pclose);
  if (!pipe) throw std::runtime_error("cannot run: " + command);
  std::string output;
  std::array<char, 4096> chunk{};
  while (const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), pipe.get()))
    output.append(chunk.data(), count);
  return output;
}

}  // namespace

std::string Dnsmasq::unavailable() {
  if (::access("/usr/sbin/dnsmasq", X_OK) != 0) return "there is no /usr/sbin/dnsmasq";
  if (::access("/usr/bin/dig", X_OK) != 0) return "there is no /usr/bin/dig";
  return "";
}

Dnsmasq::Dnsmasq(const std::vector<std::string>& options) {
  // Another program may take the port before dnsmasq does.
  constexpr int attempts = 5;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    start(options);
    if (wait_until_ready()) return;
    stop();
  }
  throw std::runtime_error("dnsmasq does not start:\n" + log_);
}

Dnsmasq::~Dnsmasq() {
  stop();
}

void Dnsmasq::start(const std::vector<std::string>& options) {
  port_ = port_of(closed_port());
  std::vector<std::string> words{"dnsmasq",
                                 "--no-daemon",
                                 "--conf-file=/dev/null",
                                 "--no-resolv",
                                 "--no-hosts",
                                 "--pid-file",
                                 "--bind-interfaces",
                                 "--listen-address=127.0.0.1",
                                 "--port=" + std::to_string(port_)};
  for (const std::string& option : options)
    words.push_back("--" + option);
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);

  std::array<int, 2> log{};
  if (::pipe2(log.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::dup2(log[1], STDOUT_FILENO);
    ::dup2(log[1], STDERR_FILENO);
    ::execv("/usr/sbin/dnsmasq", arguments.data());
    ::_exit(127);
  }
  ::close(log[1]);
  log_fd_ = log[0];
}

bool Dnsmasq::wait_until_ready() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(20);
  std::array<char, 4096> chunk{};
  while (log_.find("started, version") == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd readable{log_fd_, POLLIN, 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) <= 0) return false;
    const ssize_t count = ::read(log_fd_, chunk.data(), chunk.size());
    if (count <= 0) return false;
    log_.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return true;
}

void Dnsmasq::stop() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  ::close(log_fd_);
}

std::vector<std::string> Dnsmasq::dig(const std::string& question) const {
  std::istringstream output(output_of("dig @127.0.0.1 -p " + std::to_string(port_) +
                                      " +short +tries=1 +timeout=5 " + question));
  std::vector<std::string> lines;
  for (std::string line; std::getline(output, line);)
    lines.push_back(line);
  std::ranges::sort(lines);
  return lines;
}

std::string Dnsmasq::dig_in_full(const std::string& question) const {
  return output_of("dig @127.0.0.1 -p " + std::to_string(port_) + " +tries=1 +timeout=5 " +
                   question);
}

}  // namespace rondo::test
