#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <strings.h>

#include <rondo/net/address.h>
#include <rondo/runtime/errors.h>

namespace rondo {

namespace {

/// The address that `text` spells, or nothing if it is not one.
std::optional<Address> parse_numeric(const std::string& text, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(text.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return std::nullopt;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> guard(found, freeaddrinfo);
  sockaddr_storage storage{};
  std::memcpy(&storage, found->ai_addr, found->ai_addrlen);
  return Address(storage, found->ai_addrlen);
}

bool line_names(const std::string& line, const std::string& host, std::string& address) {
  std::istringstream words(line.substr(0, line.find('#')));
  words >> address;
  for (std::string name; words >> name;) {
    if (strcasecmp(name.c_str(), host.c_str()) == 0) return true;
  }
  return false;
}

using NameOf = int (*)(int, sockaddr*, socklen_t*);

Address ask_socket(int socket, NameOf name_of, const char* what) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (name_of(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
    throw_os_error(errno, what);
  }
  return {storage, length};
}

}  // namespace

std::uint16_t Address::port() const noexcept {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage_).sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage_).sin6_port);
  return 0;
}

void Address::set_port(std::uint16_t port) noexcept {
  if (family() == AF_INET) reinterpret_cast<sockaddr_in&>(storage_).sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6&>(storage_).sin6_port = htons(port);
}

std::string Address::host() const {
  char text[NI_MAXHOST] = "";
  if (length_ > 0) getnameinfo(get(), length_, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return text;
}

std::string Address::text() const {
  return host_and_port(host(), port());
}

std::string host_and_port(std::string_view host, std::uint16_t port) {
  const bool bracketed = host.find(':') != std::string_view::npos;
  std::string text(bracketed ? "[" : "");
  text.append(host);
  text.append(bracketed ? "]:" : ":");
  return text + std::to_string(port);
}

std::vector<Address> addresses_of(const std::string& host, std::uint16_t port,
                                  const std::string& hosts_file) {
  if (const auto address = parse_numeric(host, port)) return {*address};
  std::vector<Address> addresses;
  std::ifstream file(hosts_file);
  for (std::string line, spelled; std::getline(file, line);) {
    if (!line_names(line, host, spelled)) continue;
    if (const auto address = parse_numeric(spelled, port)) addresses.push_back(*address);
  }
  // It is the loopback even where no file says so (RFC 6761, 6.3).
  if (addresses.empty() && strcasecmp(host.c_str(), "localhost") == 0) {
    return {*parse_numeric("127.0.0.1", port), *parse_numeric("::1", port)};
  }
  if (addresses.empty()) {
    throw OSError(ENOENT, "host \"" + host + "\" is neither an address nor in " + hosts_file +
                              "; name servers are not asked yet, so give its address");
  }
  return addresses;
}

Address local_address(int socket) {
  return ask_socket(socket, getsockname, "getsockname");
}
Address peer_address(int socket) {
  return ask_socket(socket, getpeername, "getpeername");
}

}  // namespace rondo
