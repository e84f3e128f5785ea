#include "child_server.h"

#include <array>
#include <csignal>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/runtime/detail/pidfd.h>

namespace rondo::tests {

ChildServer::ChildServer(std::vector<std::string> command) {
  std::array<int, 2> output{};
  if (::pipe2(output.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::vector<char*> arguments;
  for (std::string& word : command)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::dup2(output[1], STDOUT_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(output[1]);
  output_ = output[0];
  constexpr int milliseconds = 20'000;
  char byte = 0;
  while (byte != '\n') {
    pollfd readable{output_, POLLIN, 0};
    if (::poll(&readable, 1, milliseconds) <= 0 || ::read(output_, &byte, 1) != 1) {
      stop();
      throw std::runtime_error(command.front() + " does not start");
    }
    if (byte != '\n') first_line_ += byte;
  }
}

ChildServer::~ChildServer() {
  stop();
}

void ChildServer::stop() noexcept {
  end_child(pid_, pid_);
  ::close(output_);
}

void end_child(int child, int target) noexcept {
  constexpr int milliseconds = 20;
  pollfd ended{rondo::detail::pidfd_open(child), POLLIN, 0};
  if (ended.fd < 0) ::kill(target, SIGKILL);  // there is nothing to wait on with a limit
  do {
    ::kill(target, SIGTERM);
  } while (ended.fd >= 0 && ::poll(&ended, 1, milliseconds) == 0);
  ::close(ended.fd);
  ::waitpid(child, nullptr, 0);
}

}  // namespace rondo::tests
