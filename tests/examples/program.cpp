#include "program.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rondo::tests {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

[[noreturn]] void throw_system_error(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// `changes`, and what this process has under other names.
std::vector<std::string> environment_with(std::vector<std::string> changes) {
  const std::vector<std::string> changed = changes;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    const std::string name = text.substr(0, text.find('=') + 1);
    bool replaced = false;
    for (const std::string& change : changed)
      replaced = replaced || change.starts_with(name);
    if (!replaced) changes.push_back(text);
  }
  return changes;
}

/// Where io_uring is missing, a program says so in its first line. Here it is of no interest.
std::string without_first_warning(const std::string& output) {
  if (!output.starts_with("rondo: going on over epoll")) return output;
  return output.substr(output.find('\n') + 1);
}

}  // namespace

std::string contents(const fs::path& path) {
  const std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

fs::path examples_directory() {
  const char* named = std::getenv("RONDO_EXAMPLES_DIR");
  return named == nullptr ? RONDO_EXAMPLES_DIR : named;
}

int Ending::exit_status() const noexcept {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
}

Program::Program(const fs::path& program, const std::vector<std::string>& arguments,
                 const fs::path& working_directory, std::vector<std::string> environment) {
  std::array<int, 2> pipe{};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) throw_system_error(errno, "pipe2");
  output_pipe_ = pipe[0];

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, working_directory.c_str());
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe[1], STDERR_FILENO);

  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = environment_with(std::move(environment));
  const int error = posix_spawn(&pid_, program.c_str(), &actions, nullptr, pointers(words).data(),
                                pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  close(pipe[1]);
  if (error != 0) {
    close(output_pipe_);
    throw_system_error(error, program.string());
  }
}

Program::~Program() {
  if (pid_ != -1) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(output_pipe_);
}

Program::Reading Program::read_more() {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline_ - std::chrono::steady_clock::now());
  pollfd wanted{output_pipe_, POLLIN, 0};
  if (left <= 0ms || poll(&wanted, 1, static_cast<int>(left.count())) == 0) {
    return Reading::timed_out;
  }
  std::array<char, 4096> bytes;
  const ssize_t count = read(output_pipe_, bytes.data(), bytes.size());
  if (count == 0) return Reading::end;
  if (count > 0) output_.append(bytes.data(), static_cast<std::size_t>(count));
  return Reading::more;
}

void Program::send_signal(int signal_number) {
  if (pid_ > 0) kill(pid_, signal_number);
}

bool Program::wait_for_output(const std::string& text) {
  while (output_.find(text) == std::string::npos) {
    if (read_more() != Reading::more) return false;
  }
  return true;
}

Ending Program::wait() {
  Reading reading = Reading::more;
  while (reading == Reading::more)
    reading = read_more();
  Ending ending;
  ending.in_time = reading == Reading::end;
  if (!ending.in_time) kill(pid_, SIGKILL);
  waitpid(pid_, &ending.wait_status, 0);
  pid_ = -1;
  ending.output = without_first_warning(output_);
  return ending;
}

}  // namespace rondo::tests
