#include "sshd.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_server.h"

namespace rondo::tests {

namespace {

// Of Sshd::password, by crypt(3).
constexpr const char* password_hash =
    "$6$rondotest$WS0UnomPEXazzuAc.1JoofqWcReyrdXFsEYuaeXHVNF5V80yMmYZshlJzjdry/"
    "kacC1eG8nC3omyBlUYZyNrU0";

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    ::close(fd);
    throw std::runtime_error("no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

std::string prepare_accounts(const TemporaryDirectory& directory) {
  const std::string base = directory.path().string();
  directory.write(
      "passwd", read_file("/etc/passwd") + Sshd::username + ":x:1077:1077::" + base + ":/bin/sh\n");
  // By steps: g++ 12 sees an overflow in one long sum.
  std::string shadow_line(Sshd::username);
  shadow_line += ":";
  shadow_line += password_hash;
  shadow_line += ":19000:0:99999:7:::\n";
  const std::string shadow = directory.write("shadow", shadow_line);
  ::chmod(shadow.c_str(), 0600);
  ::chmod(base.c_str(), 0755);
  return "mount -t tmpfs tmpfs /run && mkdir /run/sshd && mount --bind " + base +
         "/passwd /etc/passwd && mount --bind " + base + "/shadow /etc/shadow && exec ";
}

std::string shell(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "re"), ::pclose);
  if (!pipe) throw std::runtime_error("cannot run: " + command);
  std::string output;
  std::array<char, 4096> chunk{};
  while (std::size_t count = std::fread(chunk.data(), 1, chunk.size(), pipe.get())) {
    output.append(chunk.data(), count);
  }
  return output;
}

std::string Sshd::unavailable() {
  if (::access("/usr/sbin/sshd", X_OK) != 0) return "there is no /usr/sbin/sshd";
  if (::geteuid() != 0) return "sshd can check a password only when it runs as root";
  static const bool can_mount = std::system("unshare -m true >/dev/null 2>&1") == 0;
  return can_mount ? "" : "this place allows no mount namespace (unshare -m)";
}

Sshd::Sshd(const std::vector<std::string>& configuration, const std::vector<std::string>& key_types)
    : key_types_(key_types) {
  const std::string base = directory_.path().string();
  for (const std::string& type : key_types_)
    shell("ssh-keygen -q -t " + type + " -N '' -f " + base + "/host_key_" + type + " 2>&1");
  std::string lines;
  for (const std::string& line : configuration)
    lines += line + "\n";
  directory_.write("options", lines);
  enter_ = prepare_accounts(directory_);
  // Another program may take the port before sshd does.
  constexpr int attempts = 5;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    start();
    if (wait_until_listening()) return;
    stop();
  }
  throw std::runtime_error("sshd does not start:\n" + log_);
}

Sshd::~Sshd() {
  stop();
}

void Sshd::start() {
  port_ = free_port();
  const std::string base = directory_.path().string();
  std::string host_keys;
  std::string known;
  for (const std::string& type : key_types_) {
    const std::string file = base + "/host_key_" + type;
    const std::string line =
        "[127.0.0.1]:" + std::to_string(port_) + " " + read_file(file + ".pub");
    host_keys += "HostKey " + file + "\n";
    known += line;
    directory_.write("known_hosts_" + type, line);
  }
  directory_.write("known_hosts", known);
  const std::string config = read_file(base + "/options") + "Port " + std::to_string(port_) +
                             "\nListenAddress 127.0.0.1\n" + host_keys +
                             "PidFile none\nUsePAM no\nPasswordAuthentication yes\n"
                             "MaxStartups 200\nMaxSessions 50\nPrintMotd no\nPrintLastLog no\n"
                             "LogLevel VERBOSE\n";
  directory_.write("sshd_config", config);
  const std::string script = enter_ + "/usr/sbin/sshd -D -e -f " + base + "/sshd_config";

  std::array<int, 2> log{};
  if (::pipe2(log.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::setpgid(0, 0);
    ::dup2(log[1], STDOUT_FILENO);
    ::dup2(log[1], STDERR_FILENO);
    ::execlp("unshare", "unshare", "-m", "sh", "-c", script.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(log[1]);
  log_fd_ = log[0];
}

bool Sshd::wait_until_listening() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(20);
  std::array<char, 4096> chunk{};
  while (log_.find("Server listening") == std::string::npos) {
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

std::string Sshd::stop() {
  if (pid_ < 0) return log_;
  end_child(pid_, -pid_);
  pid_ = -1;
  // The sessions' processes hold the pipe too, and end with their connections.
  std::array<char, 4096> chunk{};
  for (;;) {
    pollfd readable{log_fd_, POLLIN, 0};
    if (::poll(&readable, 1, 500) <= 0) break;
    const ssize_t count = ::read(log_fd_, chunk.data(), chunk.size());
    if (count <= 0) break;
    log_.append(chunk.data(), static_cast<std::size_t>(count));
  }
  ::close(log_fd_);
  log_fd_ = -1;
  return log_;
}

}  // namespace rondo::tests
