#include "web_server.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rondo/net/address.h>
#include <rondo/runtime/file_descriptor.h>

namespace rondo::test {

namespace {

using namespace std::chrono_literals;

FileDescriptor tcp_socket() {
  return FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

WebDirectory::WebDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "rondo-web-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
}

WebDirectory::~WebDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string WebDirectory::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
  return file(name);
}

std::string find_program(const std::string& name) {
  for (const char* const folder :
       {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/bin/", "/sbin/"}) {
    const std::string path = folder + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

std::string shell(std::string command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen((command + " 2>&1").c_str(), "re"),
                                                   ::pclose);
  if (!pipe) throw std::runtime_error("popen");
  std::string text;
  char bytes[4096];
  while (const std::size_t count = std::fread(bytes, 1, sizeof bytes, pipe.get()))
    text.append(bytes, count);
  return text;
}

std::uint16_t free_port() {
  const FileDescriptor socket = tcp_socket();
  const Address address = addresses_of("127.0.0.1", 0).front();
  if (::bind(socket.get(), address.get(), address.length()) != 0) throw std::runtime_error("bind");
  return local_address(socket.get()).port();
}

WebServer::WebServer(const std::vector<std::string>& command, std::uint16_t port) : port_(port) {
  std::vector<char*> arguments;
  for (const std::string& word : command)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::string log = directory_.file("log");
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(output, 1);
    ::dup2(output, 2);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  if (wait_until_listening()) return;
  stop();
  throw std::runtime_error(command.at(0) + " does not listen: " + contents(log));
}

WebServer::~WebServer() {
  stop();
}

bool WebServer::wait_until_listening() const {
  const Address address = addresses_of("127.0.0.1", port_).front();
  for (int attempt = 0; attempt < 500; ++attempt) {
    const FileDescriptor socket = tcp_socket();
    if (::connect(socket.get(), address.get(), address.length()) == 0) return true;
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
    if (ended.si_pid != 0) return false;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

void WebServer::stop() noexcept {
  ::kill(pid_, SIGTERM);
  for (int attempt = 0; attempt < 200; ++attempt) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) return;
    std::this_thread::sleep_for(10ms);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace rondo::test
