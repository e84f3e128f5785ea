#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/lab/device.h>
#include <rondo/lab/ipv4.h>
#include <rondo/lab/ssh_server.h>
#include <rondo/lab/ssh_session.h>

namespace rondo::lab {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int backlog = 1024;
constexpr int tending_milliseconds = 100;

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }
  void reset() {
    if (value_ >= 0) ::close(std::exchange(value_, -1));
  }

 private:
  int value_;  // -1: none
};

Descriptor listen_at(const Router& router) {
  const auto fail = [&](int error) {
    throw std::runtime_error(fmt::format(
        "{} cannot listen at {}:{}: {}{}", router.hostname, router.address, router.port,
        std::generic_category().message(error),
        error == EADDRINUSE ? "; another lab may be running, or give it another port" : ""));
  };
  Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.get() < 0) fail(errno);
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto ip = parse_ipv4(router.address);
  if (!ip) fail(EINVAL);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(router.port);
  address.sin_addr.s_addr = htonl(ip.value_or(INADDR_LOOPBACK));
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), backlog) != 0) {
    fail(errno);
  }
  return listener;
}

std::uint16_t port_of(int listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

struct FreeBind {
  void operator()(ssh_bind bind) const { ssh_bind_free(bind); }
};
using Bind = std::unique_ptr<ssh_bind_struct, FreeBind>;

struct FreeKey {
  void operator()(ssh_key key) const { ssh_key_free(key); }
};

// The part of libssh that turns sockets into sessions with a host key; returns the public key too.
std::pair<Bind, std::string> make_bind() {
  Bind bind(ssh_bind_new());
  ssh_key generated = nullptr;
  ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &generated);
  std::unique_ptr<ssh_key_struct, FreeKey> key(generated);
  char* base64 = nullptr;
  if (!bind || !key || ssh_pki_export_pubkey_base64(key.get(), &base64) != SSH_OK) {
    throw std::runtime_error("libssh cannot make a host key");
  }
  const std::string public_key = base64;
  ssh_string_free_char(base64);
  // The machine's own server configuration is no business of the lab.
  const bool process_configuration = false;
  ssh_bind_options_set(bind.get(), SSH_BIND_OPTIONS_PROCESS_CONFIG, &process_configuration);
  if (ssh_bind_options_set(bind.get(), SSH_BIND_OPTIONS_IMPORT_KEY, key.get()) != SSH_OK) {
    throw std::runtime_error("libssh does not take the host key");
  }
  static_cast<void>(key.release());  // the bind's now
  return {std::move(bind), public_key};
}

}  // namespace

struct SshServer::Listener {
  Descriptor socket;
  Bind bind;
  Device device;
};

struct SshServer::Connection {
  Descriptor socket;  // a duplicate, to shut the connection down with
  Clock::time_point login_deadline;
  std::atomic<bool> logged_in = false;
  std::atomic<bool> over = false;  // the thread is at its end
  std::thread thread{};
};

SshServer::SshServer(std::vector<Router> routers, SshServerLimits limits) : limits_(limits) {
  for (Router& router : routers) {
    Descriptor socket = listen_at(router);
    auto [bind, public_key] = make_bind();
    endpoints_.push_back(
        {router.hostname, router.address, port_of(socket.get()), public_key, router.trusted});
    // An aggregate that cannot be moved: make_unique has no braces for it.
    // NOLINTNEXTLINE(modernize-make-unique)
    listeners_.push_back(std::unique_ptr<Listener>(
        new Listener{std::move(socket), std::move(bind), Device(std::move(router))}));
  }
}

SshServer::~SshServer() {
  stop();
}

void SshServer::start() {
  stop_event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_event_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  accepting_ = std::thread([this] { accept_connections(); });
}

void SshServer::stop() {
  if (accepting_.joinable()) {
    ::eventfd_write(stop_event_, 1);
    accepting_.join();
  }
  if (stop_event_ >= 0) ::close(std::exchange(stop_event_, -1));
  listeners_.clear();
}

void SshServer::accept_connections() {
  std::vector<pollfd> polled = {{stop_event_, POLLIN, 0}};
  for (const auto& listener : listeners_)
    polled.push_back({listener->socket.get(), POLLIN, 0});
  while (true) {
    const int ready =
        ::poll(polled.data(), polled.size(), connections_.empty() ? -1 : tending_milliseconds);
    if (ready < 0 && errno != EINTR) break;
    if (ready > 0 && polled[0].revents != 0) break;
    for (std::size_t i = 0; ready > 0 && i < listeners_.size(); ++i) {
      if (polled[i + 1].revents != 0) accept_one(*listeners_[i]);
    }
    tend_connections();
  }
  for (const auto& listener : listeners_)
    listener->socket.reset();
  end_connections();
}

void SshServer::accept_one(Listener& listener) {
  Descriptor socket(
      ::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket.get() < 0) {
    // Out of descriptors or memory, the listener stays readable: do not spin on it.
    if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return;
  }
  Descriptor duplicate(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
  if (duplicate.get() < 0 || connections_.size() >= limits_.connections) return;
  // Otherwise small packets wait 40 ms for the acknowledgement of the packet before.
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  const ssh_session raw = ssh_new();
  if (raw == nullptr) return;
  if (ssh_bind_accept_fd(listener.bind.get(), raw, socket.get()) != SSH_OK) {
    ssh_free(raw);
    return;
  }
  static_cast<void>(socket.release());  // the session's now
  try {
    auto session = std::make_unique<SshSession>(raw, listener.device, limits_.idle);
    Connection& connection = connections_.emplace_back();
    connection.socket = std::move(duplicate);
    connection.login_deadline = Clock::now() + limits_.login;
    connection.thread = std::thread([&connection, moved = std::move(session)]() mutable {
      try {
        moved->run([&connection] { connection.logged_in = true; });
      } catch (const std::exception&) {
        // One session's trouble is not the lab's.
      }
      moved.reset();
      // The session has closed its descriptor, but the client sees the end only when no duplicate
      // is left or one of them is shut down.
      ::shutdown(connection.socket.get(), SHUT_RDWR);
      connection.over = true;
    });
  } catch (const std::exception&) {
    // No memory or no thread to be had: the client sees its connection close, the lab goes on.
    if (!connections_.empty() && !connections_.back().thread.joinable()) connections_.pop_back();
  }
}

void SshServer::tend_connections() {
  const Clock::time_point now = Clock::now();
  std::erase_if(connections_, [&](Connection& connection) {
    if (!connection.logged_in && now >= connection.login_deadline) {
      ::shutdown(connection.socket.get(), SHUT_RDWR);
    }
    if (!connection.over) return false;
    connection.thread.join();
    return true;
  });
}

void SshServer::end_connections() {
  for (Connection& connection : connections_)
    ::shutdown(connection.socket.get(), SHUT_RDWR);
  for (Connection& connection : connections_)
    connection.thread.join();
  connections_.clear();
}

}  // namespace rondo::lab
