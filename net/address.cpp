#include <cerrno>
#include <charconv>
#include <cstddef>
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
#include <sys/un.h>

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

Address::Address(std::string_view host, std::uint16_t port) {
  const auto address = numeric_address(std::string(host), port);
  if (!address) throw ValueError("\"" + std::string(host) + "\" is no IPv4 or IPv6 address");
  *this = *address;
}

Address Address::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos;
  std::string_view host = text.substr(0, has_port ? colon : 0);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool clear = bracketed == (host.find(':') != std::string_view::npos);
  const std::string_view digits = has_port ? text.substr(colon + 1) : std::string_view();
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool is_number = error == std::errc() && end == digits.data() + digits.size();
  const auto address = clear && is_number ? numeric_address(std::string(host), port) : std::nullopt;
  if (address) return *address;
  throw ValueError("\"" + std::string(text) +
                   "\" is no address with a port, such as 127.0.0.1:22 or [::1]:22");
}

Address Address::of_path(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool abstract = !path.empty() && path.front() == '\0';
  // A path ends in a zero byte; an abstract name, which may hold some, does not.
  const std::size_t most = sizeof address.sun_path - (abstract ? 0 : 1);
  if (path.empty()) throw ValueError("the path of a Unix socket is empty");
  if (path.size() > most) {
    throw ValueError("the path of a Unix socket has at most " + std::to_string(most) +
                     " bytes, and this one " + std::to_string(path.size()) + ": " +
                     std::string(path.substr(abstract ? 1 : 0)) +
                     "; a relative path or a link to its directory may be shorter");
  }
  if (!abstract && path.find('\0') != std::string_view::npos) {
    throw ValueError("the path of a Unix socket has a zero byte in its middle");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  sockaddr_storage storage{};
  std::memcpy(&storage, &address, sizeof address);
  const std::size_t length = offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1);
  return {storage, static_cast<socklen_t>(length)};
}

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
  if (length_ == 0 || family() == AF_UNIX) return text;
  ::getnameinfo(get(), length_, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return text;
}

std::string Address::path() const {
  constexpr std::size_t start = offsetof(sockaddr_un, sun_path);
  if (family() != AF_UNIX || length_ <= start) return "";
  const char* const bytes = reinterpret_cast<const sockaddr_un&>(storage_).sun_path;
  const std::size_t count = length_ - start;
  const bool abstract = bytes[0] == '\0';
  return {bytes, abstract ? count : ::strnlen(bytes, count)};
}

std::string Address::text() const {
  if (family() != AF_UNIX) return host_and_port(host(), port());
  std::string name = path();
  for (char& byte : name) {
    if (byte == '\0') byte = '@';
  }
  return name;
}

bool operator==(const Address& a, const Address& b) noexcept {
  if (a.family() != b.family()) return false;
  if (a.family() == AF_INET) {
    const auto& first = reinterpret_cast<const sockaddr_in&>(a.storage_);
    const auto& second = reinterpret_cast<const sockaddr_in&>(b.storage_);
    return first.sin_port == second.sin_port && first.sin_addr.s_addr == second.sin_addr.s_addr;
  }
  if (a.family() == AF_INET6) {
    const auto& first = reinterpret_cast<const sockaddr_in6&>(a.storage_);
    const auto& second = reinterpret_cast<const sockaddr_in6&>(b.storage_);
    return first.sin6_port == second.sin6_port && first.sin6_scope_id == second.sin6_scope_id &&
           std::memcmp(&first.sin6_addr, &second.sin6_addr, sizeof first.sin6_addr) == 0;
  }
  return a.length_ == b.length_ && std::memcmp(&a.storage_, &b.storage_, a.length_) == 0;
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
    std::string spelled;
    std::string name;
    if (!(words >> spelled >> name)) continue;
    if (numeric_address(spelled, address.port()) == address) return name;
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
                              "; only getaddrinfo asks name servers");
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
