// Threads: one for each client, blocking in receive and send.
//
// Their stacks have 64 KiB instead of the usual 8 MiB, as whoever runs 10,000 threads would set
// them. Only the pages that are touched are memory in either case.

#include <atomic>
#include <cerrno>
#include <memory>
#include <system_error>
#include <thread>

#include <pthread.h>
#include <unistd.h>

#include "listen.h"
#include "options.h"

namespace {

std::atomic<std::uint64_t> sent = 0;  // bytes, to all clients

bool send_all(int client, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t taken = ::send(client, bytes, size, MSG_NOSIGNAL);
    if (taken < 0) return false;
    bytes += taken;
    size -= static_cast<std::size_t>(taken);
  }
  return true;
}

void echo(int client, const Options& options) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(options.buffer);
  for (;;) {
    const ssize_t received = ::recv(client, buffer.get(), options.buffer, 0);
    if (received <= 0) break;
    const auto size = static_cast<std::size_t>(received);
    if (!send_all(client, buffer.get(), size)) break;
    if (sent.fetch_add(size, std::memory_order_relaxed) + size >= options.last_byte) ::_exit(0);
  }
  ::close(client);
}

void use_small_stacks() {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, 64 * 1024);
  ::pthread_setattr_default_np(&attributes);
  ::pthread_attr_destroy(&attributes);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  raise_descriptor_limit();
  use_small_stacks();
  const int listener = listen_at_loopback(options.port);
  announce(port_of(listener));
  for (;;) {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) fail("accept", errno);
    try {
      std::thread(echo, client, std::cref(options)).detach();
    } catch (const std::system_error& error) {
      fail("a thread for one more client", error.code().value());
    }
  }
}
