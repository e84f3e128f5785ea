#include <cerrno>
#include <optional>
#include <utility>

#include <netinet/in.h>

#include <rondo/net/create_datagram_endpoint.h>
#include <rondo/net/detail/socket_file.h>
#include <rondo/net/resolver.h>
#include <rondo/runtime/errors.h>

namespace rondo {

DatagramOptions::DatagramOptions() = default;

DatagramOptions& DatagramOptions::local_addr(std::string host, std::uint16_t port) {
  local_ = {std::move(host), port, false, true};
  return *this;
}
DatagramOptions& DatagramOptions::remote_addr(std::string host, std::uint16_t port) {
  remote_ = {std::move(host), port, false, true};
  return *this;
}
DatagramOptions& DatagramOptions::local_path(std::string path) {
  local_ = {std::move(path), 0, true, true};
  return *this;
}
DatagramOptions& DatagramOptions::remote_path(std::string path) {
  remote_ = {std::move(path), 0, true, true};
  return *this;
}
DatagramOptions& DatagramOptions::family(int family) {
  family_ = family;
  return *this;
}
DatagramOptions& DatagramOptions::reuse_port(bool on) {
  reuse_port_ = on;
  return *this;
}
DatagramOptions& DatagramOptions::allow_broadcast(bool on) {
  allow_broadcast_ = on;
  return *this;
}
DatagramOptions& DatagramOptions::max_size(std::size_t bytes) {
  if (bytes == 0) throw ValueError("max_size must be more than 0");
  max_size_ = bytes;
  return *this;
}
DatagramOptions& DatagramOptions::queue_limit(std::size_t datagrams) {
  if (datagrams == 0) throw ValueError("queue_limit must be more than 0");
  queue_limit_ = datagrams;
  return *this;
}

namespace {

/// From where to where; either may be empty.
using Pair = std::pair<Address, Address>;

/// The addresses that a place stands for; one that was not given, for an empty one. "" is all
/// interfaces of the family `any_of`.
Coroutine<std::vector<Address>> addresses_of_place(DatagramOptions::Place place, int family,
                                                   int any_of) {
  std::vector<Address> addresses;
  if (!place.is_given) {
    addresses.emplace_back();
  } else if (place.is_path) {
    addresses.push_back(Address::of_path(place.host));
  } else if (place.host.empty()) {
    addresses.emplace_back(any_of == AF_INET6 ? "::" : "0.0.0.0", place.port);
  } else {
    ResolverOptions wanted;
    wanted.family = family;
    addresses = co_await getaddrinfo(place.host, place.port, wanted);
  }
  co_return addresses;
}

/// All pairs of one family, the options' if they ask for one.
std::vector<Pair> pairs_of(const std::vector<Address>& locals, const std::vector<Address>& remotes,
                           int family) {
  std::vector<Pair> pairs;
  for (const Address& local : locals) {
    for (const Address& remote : remotes) {
      const bool same = local.empty() || remote.empty() || local.family() == remote.family();
      const int of_pair = local.empty() ? remote.family() : local.family();
      if (same && (family == AF_UNSPEC || of_pair == AF_UNSPEC || family == of_pair)) {
        pairs.emplace_back(local, remote);
      }
    }
  }
  return pairs;
}

void set_on(int socket, int option, const std::string& what) {
  const int on = 1;
  if (::setsockopt(socket, SOL_SOCKET, option, &on, sizeof on) != 0) throw_os_error(errno, what);
}

FileDescriptor make_socket(const Pair& pair, const DatagramOptions& options) {
  const auto& [local, remote] = pair;
  int family = options.family();
  if (!remote.empty()) family = remote.family();
  if (!local.empty()) family = local.family();
  FileDescriptor socket(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) throw_os_error(errno, "datagram socket");
  if (options.reuses_port()) set_on(socket.get(), SO_REUSEPORT, "reuse_port");
  if (options.allows_broadcast()) set_on(socket.get(), SO_BROADCAST, "allow_broadcast");
  if (!local.empty() && ::bind(socket.get(), local.get(), local.length()) != 0) {
    throw_os_error(errno, "datagrams at " + local.text());
  }
  // For datagrams that only notes the address; it never waits.
  const bool connects = !remote.empty() && !options.allows_broadcast();
  if (connects && ::connect(socket.get(), remote.get(), remote.length()) != 0) {
    throw_os_error(errno, "datagrams to " + remote.text());
  }
  return socket;
}

/// The first that can be made, with the address it talks to.
std::pair<FileDescriptor, Address> make_any_socket(const std::vector<Pair>& pairs,
                                                   const DatagramOptions& options) {
  std::exception_ptr first_error;
  for (const Pair& pair : pairs) {
    try {
      return {make_socket(pair, options), pair.second};
    } catch (const OSError&) {
      if (!first_error) first_error = std::current_exception();
    }
  }
  std::rethrow_exception(first_error);
}

ExtraInfo describe(const FileDescriptor& socket, const Address& remote) {
  ExtraInfo info;
  info.emplace("socket", std::to_string(socket.get()));
  info.emplace("sockname", local_address(socket.get()).text());
  if (!remote.empty()) info.emplace("peername", remote.text());
  return info;
}

}  // namespace

Coroutine<detail::Ref<DatagramTransport>> create_datagram_endpoint(
    std::shared_ptr<DatagramProtocol> protocol, DatagramOptions options) {
  const bool is_addressed = options.local().is_given || options.remote().is_given;
  if (!is_addressed && options.family() == AF_UNSPEC) {
    throw ValueError("a datagram endpoint needs a local or remote address, or a family");
  }
  const int family = options.family();
  const std::vector<Address> remotes =
      co_await addresses_of_place(options.remote(), family, family);
  const int any_of = family == AF_UNSPEC ? remotes.front().family() : family;
  const std::vector<Address> locals = co_await addresses_of_place(options.local(), family, any_of);
  const std::vector<Pair> pairs = pairs_of(locals, remotes, family);
  if (pairs.empty()) {
    throw ValueError("the datagram endpoint's addresses and its family do not fit together");
  }
  const bool has_file = options.local().is_path && options.local().host.front() != '\0';
  if (has_file) co_await detail::remove_socket(options.local().host);

  auto [socket, remote] = make_any_socket(pairs, options);
  ExtraInfo info = describe(socket, remote);
  co_return DatagramTransport::start(get_running_loop(), std::move(socket), std::move(protocol),
                                     remote, options.max_size(), std::move(info));
}

}  // namespace rondo
