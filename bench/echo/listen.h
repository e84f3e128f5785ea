#pragma once

// The listening socket of the servers that make their own, in the words that C and C++ have in
// common.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

__attribute__((noreturn)) static inline void fail(const char* what, int error_number) {
  fprintf(stderr, "%s: %s\n", what, strerror(error_number));
  exit(1);
}

// Listens at 127.0.0.1. TCP_NODELAY passes on to the sockets that are accepted.
static inline int listen_at_loopback(uint16_t port) {
  const int on = 1;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) fail("socket", errno);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (const struct sockaddr*)&address, sizeof address) != 0) fail("bind", errno);
  if (listen(listener, 4096) != 0) fail("listen", errno);
  return listener;
}

static inline unsigned port_of(int listener) {
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  if (getsockname(listener, (struct sockaddr*)&address, &length) != 0) fail("getsockname", errno);
  return ntohs(address.sin_port);
}
