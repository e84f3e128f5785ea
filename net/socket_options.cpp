#include <cerrno>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <rondo/net/address.h>
#include <rondo/net/socket_options.h>
#include <rondo/runtime/errors.h>

namespace rondo {

namespace {

void set(int socket, int level, int option, int value, const char* name) {
  if (::setsockopt(socket, level, option, &value, sizeof value) != 0) throw_os_error(errno, name);
}

int in_range(std::int64_t value, int most, const char* what) {
  if (value >= 1 && value <= most) return static_cast<int>(value);
  throw ValueError(std::string("KeepAlive::") + what + " must be 1 to " + std::to_string(most) +
                   ", not " + std::to_string(value));
}

void set_keep_alive(int socket, const KeepAlive& keep_alive) {
  constexpr int most_seconds = 32767;
  constexpr int most_questions = 127;
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, in_range(keep_alive.idle.count(), most_seconds, "idle"),
      "TCP_KEEPIDLE");
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL,
      in_range(keep_alive.interval.count(), most_seconds, "interval"), "TCP_KEEPINTVL");
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, in_range(keep_alive.count, most_questions, "count"),
      "TCP_KEEPCNT");
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
}

}  // namespace

void set_socket_options(int socket, const SocketOptions& options) {
  const int family = local_address(socket).family();
  if (family != AF_INET && family != AF_INET6) return;
  set(socket, IPPROTO_TCP, TCP_NODELAY, options.no_delay ? 1 : 0, "TCP_NODELAY");
  if (options.keep_alive) set_keep_alive(socket, *options.keep_alive);
}

}  // namespace rondo
