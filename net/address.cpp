#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <strings.h>

#include <rondo/net/address.h>
#include <rondo/runtime/errors.h>

namespace rondo {

namespace {

bool line_names(const std::string& line, const std::string& host, std::string& address) {
  std::istringstream words(line.substr(0, line.find('#')));
  words >> address;
  for (std::string name; words >> name;) {
    if (strcasecmp(name.c_str(), host.c_str()) == 0) return true;
  }
  return false;
}

/// RFC 6761, 6.3: "localhost" and all names below it.
bool is_localhost(const std::string& host) {
  constexpr std::string_view name = "localhost";
  const std::string_view bare =
      host.ends_with('.') ? std::string_view(host).substr(0, host.size() - 1) : host;
  if (bare.size() < name.size()) return false;
  const std::size_t begin = bare.size() - name.size();
  if (strncasecmp(bare.data() + begin, name.data(), name.size()) != 0) return false;
  return begin == 0 || bare[begin - 1] == '.';
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

std::string Address::host() const {
  char text[NI_MAXHOST] = "";
  if (length_ > 0) ::getnameinfo(get(), length_, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
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

std::optional<Address> numeric_address(const std::string& text, std::uint16_t port) {
  if (text.find('\0') != std::string::npos) return std::nullopt;  // C would see its beginning only
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(text.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return std::nullopt;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> guard(found, freeaddrinfo);
  sockaddr_storage storage{};
  std::memcpy(&storage, found->ai_addr, found->ai_addrlen);
  return Address(storage, found->ai_addrlen);
}

namespace detail {

std::vector<Address> listed_addresses(const std::string& host, std::uint16_t port,
                                      const std::string& hosts_file) {
  std::vector<Address> addresses;
  std::ifstream file(hosts_file);
  for (std::string line, spelled; std::getline(file, line);) {
    if (!line_names(line, host, spelled)) continue;
    if (const auto address = numeric_address(spelled, port)) addresses.push_back(*address);
  }
  if (addresses.empty() && is_localhost(host)) {
    return {*numeric_address("127.0.0.1", port), *numeric_address("::1", port)};
  }
  return addresses;
}

std::string listed_name(const Address& address, const std::string& hosts_file) {
  std::ifstream file(hosts_file);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string spelled, name;
    if (!(words >> spelled >> name)) continue;
    const auto listed = numeric_address(spelled, 0);
    if (listed && listed->host() == address.host()) return name;
  }
  return "";
}

}  // namespace detail

std::vector<Address> addresses_of(const std::string& host, std::uint16_t port,
                                  const std::string& hosts_file) {
  if (const auto address = numeric_address(host, port)) return {*address};
  std::vector<Address> addresses = detail::listed_addresses(host, port, hosts_file);
  if (addresses.empty()) {
    throw OSError(ENOENT, "host \"" + host + "\" is neither an address nor in " + hosts_file +
                              "; name servers are asked by getaddrinfo only");
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
