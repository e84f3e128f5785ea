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
#include <rondo/lab/server.h>
#include <rondo/lab/ssh_session.h>
#include <rondo/lab/telnet_session.h>

namespace rondo::lab {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int backlog = 4096;  // a thousand clients at once, and those that have just gone
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
  // A port that is bound and does not listen is closed, and stays so.
  const bool closed = router.faults.contains(Fault::closed_port);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      (!closed && ::listen(listener.get(), backlog) != 0)) {
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

using Key = std::unique_ptr<ssh_key_struct, FreeKey>;

// What devices of ten years ago can do, and no more.
void set_legacy_algorithms(ssh_bind bind) {
  constexpr std::pair<ssh_bind_options_e, const char*> options[] = {
      {SSH_BIND_OPTIONS_KEY_EXCHANGE, "diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"},
      {SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, "ssh-rsa"},
      {SSH_BIND_OPTIONS_CIPHERS_C_S, "aes128-cbc,3des-cbc"},
      {SSH_BIND_OPTIONS_CIPHERS_S_C, "aes128-cbc,3des-cbc"},
      {SSH_BIND_OPTIONS_HMAC_C_S, "hmac-sha1"},
      {SSH_BIND_OPTIONS_HMAC_S_C, "hmac-sha1"},
  };
  for (const auto& [option, value] : options) {
    if (ssh_bind_options_set(bind, option, value) != SSH_OK) {
      throw std::runtime_error(fmt::format("libssh does not take the legacy algorithms '{}': {}",
                                           value, ssh_get_error(bind)));
    }
  }
}

// The part of libssh that turns sockets into sessions, with a host key of its own whose public half
// goes to the endpoint.
Bind make_bind(const Router& router, LabEndpoint& endpoint) {
  const bool legacy = router.faults.contains(Fault::legacy_algorithms);
  Bind bind(ssh_bind_new());
  ssh_key generated = nullptr;
  ssh_pki_generate(legacy ? SSH_KEYTYPE_RSA : SSH_KEYTYPE_ED25519, legacy ? 2048 : 0, &generated);
  Key key(generated);
  char* base64 = nullptr;
  if (!bind || !key || ssh_pki_export_pubkey_base64(key.get(), &base64) != SSH_OK) {
    throw std::runtime_error("libssh cannot make a host key");
  }
  endpoint.public_key = base64;
  endpoint.key_type = legacy ? "ssh-rsa" : "ssh-ed25519";
  ssh_string_free_char(base64);
  // The machine's own server configuration is no business of the lab.
  const bool process_configuration = false;
  ssh_bind_options_set(bind.get(), SSH_BIND_OPTIONS_PROCESS_CONFIG, &process_configuration);
  if (legacy) set_legacy_algorithms(bind.get());
  if (ssh_bind_options_set(bind.get(), SSH_BIND_OPTIONS_IMPORT_KEY, key.get()) != SSH_OK) {
    throw std::runtime_error("libssh does not take the host key");
  }
  static_cast<void>(key.release());  // the bind's now
  return bind;
}

}  // namespace

struct LabServer::Listener {
  Descriptor socket;
  Bind bind;  // empty for telnet
  Device device;
};

struct LabServer::Connection {
  Descriptor socket;  // a duplicate, to shut the connection down with
  Clock::time_point login_deadline;
  std::atomic<bool> logged_in = false;
  std::atomic<bool> over = false;  // the thread is at its end
  std::thread thread{};
};

LabServer::LabServer(std::vector<Router> routers, LabLimits limits) : limits_(limits) {
  std::vector<Device*> devices;
  for (Router& router : routers) {
    Descriptor socket = listen_at(router);
    LabEndpoint& endpoint = endpoints_.emplace_back();
    endpoint.hostname = router.hostname;
    endpoint.address = router.address;
    endpoint.port = port_of(socket.get());
    endpoint.transport = router.transport;
    endpoint.trusted = router.trusted;
    Bind bind;
    if (router.transport == Transport::ssh) bind = make_bind(router, endpoint);
    // An aggregate that cannot be moved: make_unique has no braces for it.
    // NOLINTNEXTLINE(modernize-make-unique)
    listeners_.push_back(std::unique_ptr<Listener>(
        new Listener{std::move(socket), std::move(bind), Device(std::move(router))}));
    devices.push_back(&listeners_.back()->device);
  }
  connect_neighbors(devices);
}

LabServer::~LabServer() {
  stop();
}

void LabServer::start() {
  stop_event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_event_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  accepting_ = std::thread([this] { accept_connections(); });
}

void LabServer::stop() {
  if (accepting_.joinable()) {
    ::eventfd_write(stop_event_, 1);
    accepting_.join();
  }
  if (stop_event_ >= 0) ::close(std::exchange(stop_event_, -1));
  listeners_.clear();
}

void LabServer::accept_connections() {
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

void LabServer::accept_one(Listener& listener) {
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

  try {
    std::unique_ptr<Session> session = begin_session(listener, socket.release());
    if (!session) return;
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

// nullptr when libssh cannot.
std::unique_ptr<Session> LabServer::begin_session(Listener& listener, int socket) const {
  Descriptor owned(socket);
  if (!listener.bind) {
    return std::make_unique<TelnetSession>(owned.release(), listener.device, limits_.idle);
  }
  const ssh_session raw = ssh_new();
  if (raw == nullptr) return nullptr;
  if (ssh_bind_accept_fd(listener.bind.get(), raw, owned.get()) != SSH_OK) {
    ssh_free(raw);
    return nullptr;
  }
  static_cast<void>(owned.release());  // the session's now
  return std::make_unique<SshSession>(raw, listener.device, limits_.idle);
}

void LabServer::tend_connections() {
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

void LabServer::end_connections() {
  for (Connection& connection : connections_)
    ::shutdown(connection.socket.get(), SHUT_RDWR);
  for (Connection& connection : connections_)
    connection.thread.join();
  connections_.clear();
}

}  // namespace rondo::lab
