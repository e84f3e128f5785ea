#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>

#include <rondo/net/detail/name_server.h>
#include <rondo/net/detail/resolv_conf.h>
#include <rondo/net/resolver.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/semaphore.h>

namespace rondo {

namespace {

using detail::Channel;
using detail::Question;
using detail::Reply;
using detail::ResolvConf;

constexpr std::ptrdiff_t most_lookups_at_once = 128;

/// Places for lookups that hold sockets. No loop's own: they are all free between two loops.
Semaphore& places() {
  thread_local Semaphore semaphore(most_lookups_at_once);
  return semaphore;
}

class ResolveCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "getaddrinfo"; }
  std::string message(int code) const override { return ::gai_strerror(code); }
};

std::string quoted(const std::string& host) {
  return "host \"" + host + "\"";
}

/// What is wrong with a name, for a sentence that begins with it; empty for nothing.
std::string fault_of(std::string_view host) {
  constexpr std::size_t longest_name = 253;
  constexpr std::size_t longest_label = 63;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return "has no characters";
  if (host.size() > longest_name) return "is longer than 253 characters";
  std::size_t label = 0;
  for (const char c : host) {
    if (static_cast<unsigned char>(c) >= 0x80) return "is not ASCII; give its form in xn--";
    if (std::isgraph(static_cast<unsigned char>(c)) == 0) return "holds a blank or a control";
    if (c == '.' && label == 0) return "has an empty label";
    label = c == '.' ? 0 : label + 1;
    if (label > longest_label) return "has a label of more than 63 characters";
  }
  return label == 0 ? "has an empty label" : "";
}

/// For a message: nothing in it that a terminal or a log would obey.
std::string printable(const std::string& host) {
  std::string text;
  for (const char c : host.substr(0, 300))
    text += std::isprint(static_cast<unsigned char>(c)) != 0 ? c : '?';
  return text;
}

const char* family_name(int family) {
  if (family == AF_INET) return "IPv4 address";
  return family == AF_INET6 ? "IPv6 address" : "address";
}

[[noreturn]] void throw_no_address(const std::string& host, int family) {
  throw ResolveError(EAI_ADDRFAMILY, quoted(host) + " has no " + family_name(family));
}

std::vector<Address> of_family(std::vector<Address> addresses, int family) {
  if (family != AF_UNSPEC) {
    std::erase_if(addresses, [family](const Address& each) { return each.family() != family; });
  }
  return addresses;
}

/// Would a packet to it find a way out? Connecting a socket of UDP asks the routing table only.
bool has_route(const Address& address) {
  const FileDescriptor socket(::socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return socket && ::connect(socket.get(), address.get(), address.length()) == 0;
}

/// Each address once.
std::vector<Address> without_doubles(std::vector<Address> addresses) {
  std::vector<std::string> seen;
  std::erase_if(addresses, [&seen](const Address& address) {
    if (std::ranges::find(seen, address.host()) != seen.end()) return true;
    seen.push_back(address.host());
    return false;
  });
  return addresses;
}

/// The addresses of a reply, ready to be tried.
std::vector<Address> ready_to_try(std::vector<Address> found, std::uint16_t port) {
  std::vector<Address> addresses = without_doubles(std::move(found));
  for (Address& address : addresses)
    address.set_port(port);
  const auto first_v4 =
      std::ranges::find(addresses, AF_INET, [](const Address& each) { return each.family(); });
  const bool both = first_v4 != addresses.begin() && first_v4 != addresses.end();
  if (both && !has_route(addresses.front())) std::ranges::rotate(addresses, first_v4);
  return addresses;
}

/// Whom a lookup asks, how often and how long: the options, and what the file says where they say
/// nothing.
class Plan {
 public:
  explicit Plan(const ResolverOptions& options) : conf(ResolvConf::read(options.resolv_conf)) {
    if (!options.servers.empty()) {
      conf.servers.clear();
      for (const std::string& server : options.servers)
        conf.servers.push_back(detail::parse_name_server(server));
    }
    if (options.tries > 0) conf.attempts = options.tries;
  }

  std::string server_names() const {
    std::string text = conf.servers.size() == 1 ? "name server " : "name servers ";
    for (std::size_t i = 0; i < conf.servers.size(); ++i)
      text += (i == 0 ? "" : ", ") + conf.servers[i].text();
    return text;
  }

  ResolvConf conf;
  TimePoint deadline{};
};

void check(const ResolverOptions& options) {
  if (options.family != AF_UNSPEC && options.family != AF_INET && options.family != AF_INET6) {
    throw ValueError("ResolverOptions::family must be AF_UNSPEC, AF_INET or AF_INET6");
  }
  if (options.timeout <= Duration::zero()) {
    throw ValueError("ResolverOptions::timeout must be more than 0");
  }
  if (options.tries < 0) throw ValueError("ResolverOptions::tries must not be negative");
  for (const std::string& server : options.servers)
    detail::parse_name_server(server);
}

std::string in_seconds(Duration time) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  if (milliseconds % 1000 == 0) return std::to_string(milliseconds / 1000) + " s";
  return std::to_string(milliseconds) + " ms";
}

/// What each server did, when none has answered.
class Complaints {
 public:
  explicit Complaints(const std::vector<Address>& servers) : last_(servers.size()) {}

  void note(std::size_t server, const Reply& reply, Duration waited) {
    last_[server] = reply.kind == Reply::Kind::unanswered
                        ? "did not answer within " + in_seconds(waited)
                        : reply.reason;
    if (reply.kind != Reply::Kind::failed) temporary_ = true;
  }
  [[noreturn]] void raise(const std::string& host, const std::vector<Address>& servers) const {
    std::string text;
    for (std::size_t i = 0; i < servers.size(); ++i)
      text += (i == 0 ? "name server " : "; ") + servers[i].text() + " " + last_[i];
    throw ResolveError(temporary_ ? EAI_AGAIN : EAI_FAIL, quoted(host) + ": " + text);
  }

 private:
  std::vector<std::string> last_;  // of each server
  bool temporary_ = false;         // another time it may go better
};

/// Asks one server after the other until one knows, or knows that there is nothing to know.
Coroutine<Reply> ask_servers(Plan plan, std::string host, Question question) {
  const Loop& loop = get_running_loop();
  const std::vector<Address>& servers = plan.conf.servers;
  const Channel::Way way = plan.conf.use_vc ? Channel::Way::tcp : Channel::Way::udp;
  Complaints complaints(servers);
  auto left = static_cast<std::int64_t>(servers.size()) * plan.conf.attempts;
  for (; left > 0; --left) {
    const auto server = servers.size() - 1 - static_cast<std::size_t>(left - 1) % servers.size();
    const TimePoint now = loop.time();
    const Duration share = std::min((plan.deadline - now) / left, plan.conf.timeout);
    const Reply reply =
        co_await detail::ask_name_server(servers[server], question, way, now + share);
    if (reply.is_final()) co_return reply;
    complaints.note(server, reply, share);
  }
  complaints.raise(host, servers);
}

}  // namespace

const std::error_category& resolve_category() noexcept {
  static const ResolveCategory category;
  return category;
}

ResolverOptions::ResolverOptions() = default;

Coroutine<std::vector<Address>> getaddrinfo(std::string host, std::uint16_t port,
                                            ResolverOptions options) {
  check(options);
  if (const auto address = numeric_address(host, port)) {
    auto alone = of_family({*address}, options.family);
    if (alone.empty()) throw_no_address(host, options.family);
    co_return alone;
  }
  const std::string fault = fault_of(host);
  if (!fault.empty()) throw ResolveError(EAI_NONAME, quoted(printable(host)) + " " + fault);
  auto listed = without_doubles(detail::listed_addresses(host, port, options.hosts_file));
  if (!listed.empty()) {
    listed = of_family(std::move(listed), options.family);
    if (listed.empty()) throw_no_address(host, options.family);
    co_return listed;
  }

  Plan plan(options);
  const auto place = co_await places().hold();
  plan.deadline = saturating_add(get_running_loop().time(), options.timeout);
  const std::vector<std::string> names = plan.conf.names_to_ask(host);
  bool exists = false;
  std::string asked;
  for (const std::string& name : names) {
    const Question question(name, options.family);
    const Reply reply = co_await ask_servers(plan, host, question);
    if (reply.kind == Reply::Kind::found) co_return ready_to_try(reply.addresses, port);
    exists = exists || reply.kind == Reply::Kind::no_data;
    asked += (asked.empty() ? "" : ", ") + name;
  }
  const std::string says = " (asked for " + asked + " at " + plan.server_names() + ")";
  if (exists) {
    throw ResolveError(EAI_ADDRFAMILY,
                       quoted(host) + " has no " + family_name(options.family) + says);
  }
  throw ResolveError(EAI_NONAME, quoted(host) + " does not exist" + says);
}

Coroutine<std::vector<Address>> getaddrinfo(std::string host, std::uint16_t port) {
  return getaddrinfo(std::move(host), port, ResolverOptions());
}

Coroutine<std::string> getnameinfo(Address address, ResolverOptions options) {
  check(options);
  std::string name = detail::listed_name(address, options.hosts_file);
  if (!name.empty()) co_return name;
  Plan plan(options);
  const auto place = co_await places().hold();
  plan.deadline = saturating_add(get_running_loop().time(), options.timeout);
  const Question question(address);
  const Reply reply = co_await ask_servers(plan, address.host(), question);
  co_return reply.kind == Reply::Kind::found ? reply.name : address.host();
}

Coroutine<std::string> getnameinfo(Address address) {
  return getnameinfo(address, ResolverOptions());
}

}  // namespace rondo
