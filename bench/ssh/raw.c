// The limit: libssh2 without blocking, on one thread with epoll, and nothing else.
//
//   ssh-raw --port PORT --sessions N [--kex NAME] [--fill yes]

#include <errno.h>
#include <fcntl.h>
#include <libssh2.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"
#include "prefer.h"

typedef enum { CONNECT, HANDSHAKE, LOG_IN, OPEN, TERMINAL, SHELL, GREETING, ASK, ANSWER, DONE } Step;

typedef struct {
  int socket;
  Step step;
  LIBSSH2_SESSION* session;
  LIBSSH2_CHANNEL* channel;
} Client;

static size_t still_to_come;  // clients that have not read their first prompt

static void die(const char* what, Client* client) {
  char* text = NULL;
  if (client != NULL && client->session != NULL) {
    libssh2_session_last_error(client->session, &text, NULL, 0);
  }
  fprintf(stderr, "ssh-raw: %s: %s\n", what, text != NULL ? text : strerror(errno));
  exit(1);
}

/// Reads until the prompt. 1: it is there; 0: there is more to wait for.
static int read_to_prompt(Client* client) {
  char room[4096];
  for (;;) {
    const ssize_t count = libssh2_channel_read_ex(client->channel, 0, room, sizeof room);
    if (count == LIBSSH2_ERROR_EAGAIN) return 0;
    if (count <= 0) die("read", client);
    if (memchr(room, PROMPT, (size_t)count) != NULL) return 1;
  }
}

/// What the next step says: 0 done, EAGAIN, or an error.
static int try_step(Client* client) {
  LIBSSH2_SESSION* const session = client->session;
  switch (client->step) {
    case CONNECT:
      return 0;
    case HANDSHAKE:
      return libssh2_session_handshake(session, client->socket);
    case LOG_IN:
      return libssh2_userauth_password(session, USERNAME, PASSWORD);
    case OPEN:
      client->channel = libssh2_channel_open_session(session);
      return client->channel != NULL ? 0 : libssh2_session_last_errno(session);
    case TERMINAL:
      return libssh2_channel_request_pty(client->channel, "dumb");
    case SHELL:
      return libssh2_channel_shell(client->channel);
    case GREETING:
    case ANSWER:
      return read_to_prompt(client) ? 0 : LIBSSH2_ERROR_EAGAIN;
    case ASK: {
      const ssize_t sent = libssh2_channel_write_ex(client->channel, 0, COMMAND, strlen(COMMAND));
      return sent < 0 ? (int)sent : 0;
    }
    case DONE:
      return LIBSSH2_ERROR_EAGAIN;
  }
  return 0;
}

static void watch(int epoll, int how, Client* client, uint32_t events) {
  struct epoll_event event;
  event.events = events;
  event.data.ptr = client;
  if (epoll_ctl(epoll, how, client->socket, &event) != 0) die("epoll_ctl", NULL);
}

static void start(const Run* run, int epoll, Client* client) {
  const struct sockaddr_in address = server_address(run);
  const int on = 1;
  client->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client->socket < 0) die("socket", NULL);
  setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int result = connect(client->socket, (const struct sockaddr*)&address, sizeof address);
  if (result != 0 && errno != EINPROGRESS) die("connect", NULL);
  watch(epoll, EPOLL_CTL_ADD, client, EPOLLOUT);
}

/// For --fill, as runtime/detail/populate.h does it. A session is one block of 54,840 bytes, which
/// libssh2 clears from end to end.
static void* filled(size_t size, void** context) {
  (void)context;
  void* const memory = malloc(size);
  const uintptr_t page = 4096;
  const uintptr_t first = ((uintptr_t)memory + page - 1) / page * page;
  const uintptr_t last = ((uintptr_t)memory + size) / page * page;
  if (memory != NULL && size >= 8 * page)
    madvise((void*)first, last - first, MADV_POPULATE_WRITE);
  return memory;
}

/// As far as it goes. 1: the session is over.
static int drive(const Run* run, int epoll, Client* client) {
  if (client->step == CONNECT) {
    client->session = libssh2_session_init_ex(run->fill ? filled : NULL, NULL, NULL, NULL);
    if (client->session == NULL) die("session", NULL);
    libssh2_session_set_blocking(client->session, 0);
    prefer(client->session, run);
    watch(epoll, EPOLL_CTL_MOD, client, EPOLLIN);
  }
  for (;;) {
    const int result = try_step(client);
    if (result == LIBSSH2_ERROR_EAGAIN) return 0;
    if (result != 0) die("step", client);
    client->step = (Step)(client->step + 1);
    if (client->step == DONE) break;
    if (client->step == ASK && --still_to_come > 0) return 0;
  }
  libssh2_session_disconnect(client->session, "bye");
  libssh2_channel_free(client->channel);
  libssh2_session_free(client->session);
  close(client->socket);
  return 1;
}

int main(int argc, char** argv) {
  Run run = read_command_line("raw", argc, argv);
  libssh2_init(0);
  begin(&run);
  Client* const clients = (Client*)calloc(run.sessions, sizeof(Client));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (clients == NULL || epoll < 0) die("start", NULL);
  for (size_t i = 0; i < run.sessions; ++i)
    start(&run, epoll, &clients[i]);
  size_t left = run.sessions;
  still_to_come = run.sessions;
  for (int asked = 0; left > 0;) {
    struct epoll_event events[256];
    const int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i)
      left -= (size_t)drive(&run, epoll, (Client*)events[i].data.ptr);
    if (asked || still_to_come > 0) continue;
    asked = 1;
    for (size_t i = 0; i < run.sessions; ++i) {
      if (clients[i].step == ASK) left -= (size_t)drive(&run, epoll, &clients[i]);
    }
  }
  finish(&run, -1, -1);
  free(clients);
  return 0;
}
