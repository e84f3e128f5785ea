#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <rondo/net/detail/resolv_conf.h>
#include <rondo/runtime/errors.h>

namespace rondo::detail {

namespace {

constexpr std::uint16_t domain_port = 53;
constexpr std::size_t most_servers = 3;  // as resolv.conf(5) has it
constexpr std::size_t longest_name = 253;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view without_dots(std::string_view name) {
  while (name.starts_with('.'))
    name.remove_prefix(1);
  while (name.ends_with('.'))
    name.remove_suffix(1);
  return name;
}

void add_domain(std::vector<std::string>& search, std::string_view domain) {
  domain = without_dots(domain);
  if (!domain.empty()) search.emplace_back(domain);
}

/// What follows the first dot of this machine's name.
std::vector<std::string> own_domain() {
  std::vector<std::string> search;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return search;
  const std::string_view host(name.data());
  const std::size_t dot = host.find('.');
  if (dot != std::string_view::npos) add_domain(search, host.substr(dot + 1));
  return search;
}

/// "ndots:2" and the like, within the bounds of resolv.conf(5).
void take_option(ResolvConf& conf, std::string_view word) {
  if (word == "use-vc") conf.use_vc = true;
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return;
  const auto number = parse_number<int>(word.substr(colon + 1));
  const std::string_view name = word.substr(0, colon);
  if (!number || *number < 0) return;
  if (name == "ndots") conf.ndots = std::min(*number, 15);
  if (name == "attempts") conf.attempts = std::clamp(*number, 1, 5);
  if (name == "timeout") conf.timeout = std::chrono::seconds(std::clamp(*number, 1, 30));
}

}  // namespace

ResolvConf::ResolvConf()
    : servers{*numeric_address("127.0.0.1", domain_port)}, search(own_domain()) {}

ResolvConf ResolvConf::parse(const std::string& text) {
  ResolvConf conf;
  std::vector<Address> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find_first_of("#;")));
    std::string word;
    words >> word;
    if (word == "nameserver" && words >> word && found.size() < most_servers) {
      if (const auto server = numeric_address(word, domain_port)) found.push_back(*server);
    } else if (word == "domain" || word == "search") {  // the last such line counts
      conf.search.clear();
      while (words >> word)
        add_domain(conf.search, word);
    } else if (word == "options") {
      while (words >> word)
        take_option(conf, word);
    }
  }
  if (!found.empty()) conf.servers = std::move(found);
  return conf;
}

ResolvConf ResolvConf::read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return parse(text.str());
}

std::vector<std::string> ResolvConf::names_to_ask(const std::string& host) const {
  if (host.ends_with('.')) return {host};
  std::vector<std::string> names;
  for (const std::string& domain : search) {
    std::string name = host;
    name.append(".").append(domain);
    if (name.size() <= longest_name) names.push_back(std::move(name));
  }
  const bool as_it_is_first = std::ranges::count(host, '.') >= ndots;
  names.insert(as_it_is_first ? names.begin() : names.end(), host);
  return names;
}

Address parse_name_server(const std::string& text) {
  if (const auto address = numeric_address(text, domain_port)) return *address;
  try {
    const Address address = Address::parse(text);
    if (address.port() != 0) return address;
  } catch (const ValueError&) {
    // Said better below.
  }
  throw ValueError("name server \"" + text +
                   "\" is not an address like 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:53");
}

}  // namespace rondo::detail
