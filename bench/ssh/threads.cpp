// A thread for each session, and libssh2 that blocks.
//
//   ssh-threads --port PORT --sessions N [--kex NAME]

#include <barrier>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include <libssh2.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"
#include "prefer.h"

namespace {

void check(bool good, const char* what, LIBSSH2_SESSION* session) {
  if (good) return;
  char* text = nullptr;
  if (session != nullptr) libssh2_session_last_error(session, &text, nullptr, 0);
  std::fprintf(stderr, "ssh-threads: %s: %s\n", what,
               text != nullptr ? text : std::strerror(errno));
  std::exit(1);
}

void read_to_prompt(LIBSSH2_SESSION* session, LIBSSH2_CHANNEL* channel) {
  char room[4096];
  for (;;) {
    const ssize_t count = libssh2_channel_read_ex(channel, 0, room, sizeof room);
    check(count > 0, "read", session);
    if (std::memchr(room, PROMPT, static_cast<std::size_t>(count)) != nullptr) return;
  }
}

void talk(const Run& run, std::barrier<>& all_here) {
  const sockaddr_in address = server_address(&run);
  const int on = 1;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(fd >= 0, "socket", nullptr);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* const plain = reinterpret_cast<const sockaddr*>(&address);
  check(::connect(fd, plain, sizeof address) == 0, "connect", nullptr);
  LIBSSH2_SESSION* const session = libssh2_session_init();
  check(session != nullptr, "session", nullptr);
  prefer(session, &run);
  check(libssh2_session_handshake(session, fd) == 0, "handshake", session);
  check(libssh2_userauth_password(session, USERNAME, PASSWORD) == 0, "login", session);
  LIBSSH2_CHANNEL* const channel = libssh2_channel_open_session(session);
  check(channel != nullptr, "open", session);
  check(libssh2_channel_request_pty(channel, "dumb") == 0, "terminal", session);
  check(libssh2_channel_shell(channel) == 0, "shell", session);
  read_to_prompt(session, channel);
  all_here.arrive_and_wait();
  check(libssh2_channel_write_ex(channel, 0, COMMAND, std::strlen(COMMAND)) > 0, "write", session);
  read_to_prompt(session, channel);
  libssh2_session_disconnect(session, "bye");
  libssh2_channel_free(channel);
  libssh2_session_free(session);
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  Run run = read_command_line("threads", argc, argv);
  libssh2_init(0);
  begin(&run);
  std::barrier<> all_here(static_cast<std::ptrdiff_t>(run.sessions));
  std::vector<std::thread> threads;
  threads.reserve(run.sessions);
  for (std::size_t i = 0; i < run.sessions; ++i)
    threads.emplace_back([&] { talk(run, all_here); });
  for (std::thread& thread : threads)
    thread.join();
  finish(&run, -1, -1);
}
