#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include <libssh2.h>

#include <rondo/runtime/errors.h>
#include <rondo/ssh/config_file.h>
#include <rondo/ssh/detail/algorithms.h>
#include <rondo/ssh/detail/jump_hosts.h>
#include <rondo/ssh/detail/kexinit.h>
#include <rondo/ssh/detail/wildcards.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh {

namespace {

using detail::ConfigLine;
using Lines = std::vector<ConfigLine>;

[[noreturn]] void fail(const ConfigLine& line, const std::string& why) {
  throw ConfigParseError(line.place + ": " + line.keyword + ": " + why);
}

/// Does a `Host` line speak of this host? A negated pattern that fits decides.
bool speaks_of(const ConfigLine& line, std::string_view host) {
  bool named = false;
  for (const std::string& word : line.words) {
    std::string_view pattern = word;
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    if (!detail::matches_wildcards(pattern, host)) continue;
    if (negated) return false;
    named = true;
  }
  return named;
}

void check_match(const Lines& lines) {
  for (const ConfigLine& line : lines) {
    if (line.keyword == "match" && line.words != std::vector<std::string>{"all"})
      fail(line, "only \"Match all\" is understood");
    check_match(line.included);
  }
}

/// The first line of each keyword that holds for the host, and all of IdentityFile.
class Selection {
 public:
  Selection(const Lines& lines, std::string_view host) : host_(host) { select(lines, true); }

  const ConfigLine* find(const std::string& keyword) const {
    const auto found = first_.find(keyword);
    return found == first_.end() ? nullptr : found->second;
  }
  const std::vector<const ConfigLine*>& identity_files() const noexcept { return identity_files_; }

 private:
  void select(const Lines& lines, bool outer) {
    bool active = outer;
    for (const ConfigLine& line : lines) {
      if (line.keyword == "host") {
        active = outer && speaks_of(line, host_);
      } else if (line.keyword == "match") {
        active = outer;
      } else if (active && line.keyword == "include") {
        select(line.included, true);
      } else if (active) {
        first_.emplace(line.keyword, &line);
        if (line.keyword == "identityfile") identity_files_.push_back(&line);
      }
    }
  }

  std::string_view host_;
  std::map<std::string, const ConfigLine*> first_;
  std::vector<const ConfigLine*> identity_files_;
};

std::uint16_t port_of(const ConfigLine& line) {
  const std::string& word = line.words.front();
  unsigned port = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
  if (error != std::errc() || end != word.data() + word.size() || port == 0 || port > 65'535)
    fail(line, "\"" + word + "\" is no port");
  return static_cast<std::uint16_t>(port);
}

/// "30", "90s", "2m", "1h"; "none" is no limit.
Duration time_of(const ConfigLine& line) {
  const std::string& word = line.words.front();
  if (word == "none") return Duration::zero();
  unsigned count = 0;
  const char* const last = word.data() + word.size();
  const auto [end, error] = std::from_chars(word.data(), last, count);
  const std::string_view unit(end, static_cast<std::size_t>(last - end));
  constexpr unsigned longest = 1'000'000;
  if (error == std::errc() && count <= longest) {
    if (unit.empty() || unit == "s" || unit == "S") return std::chrono::seconds(count);
    if (unit == "m" || unit == "M") return std::chrono::minutes(count);
    if (unit == "h" || unit == "H") return std::chrono::hours(count);
  }
  fail(line, "\"" + word + "\" is no time; 30 are seconds, and 2m two minutes");
}

int count_of(const ConfigLine& line) {
  const std::string& word = line.words.front();
  int count = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  if (error != std::errc() || end != word.data() + word.size() || count < 1)
    fail(line, "\"" + word + "\" is no number from 1 on");
  return count;
}

HostKeyPolicy policy_of(const ConfigLine& line) {
  const std::string& word = line.words.front();
  if (word == "yes" || word == "true" || word == "ask") return HostKeyPolicy::strict;
  if (word == "accept-new" || word == "no" || word == "false" || word == "off")
    return HostKeyPolicy::accept_new;
  fail(line, "\"" + word + "\" is none of yes, accept-new, no, ask");
}

bool truth_of(const ConfigLine& line) {
  const std::string& word = line.words.front();
  if (word == "yes" || word == "true") return true;
  if (word == "no" || word == "false") return false;
  fail(line, "\"" + word + "\" is neither yes nor no");
}

/// A list with what libssh2 knows of it; wildcards become what they fit.
std::string algorithms_of(const ConfigLine& line, int method) {
  std::string_view list = line.words.front();
  std::string sign;
  if (list.starts_with('+') || list.starts_with('-') || list.starts_with('^')) {
    sign = list.substr(0, 1);
    list.remove_prefix(1);
  }
  std::vector<std::string> names;
  for (const std::string& pattern : detail::split_names(list)) {
    for (const std::string& name : detail::supported_algorithms(method)) {
      if (detail::matches_wildcards(pattern, name)) names.push_back(name);
    }
  }
  if (!names.empty()) return sign + detail::join_names(names);
  if (sign.empty()) fail(line, "libssh2 has none of " + line.words.front());
  return {};
}

std::string home() {
  const char* const variable = std::getenv("HOME");
  return variable == nullptr ? "" : variable;
}

/// Replaces "%h" and the like, and "~/" at the beginning.
std::string expand(const ConfigLine& line, const std::string& word,
                   const std::map<char, std::string>& values) {
  std::string text = word.starts_with("~/") ? home() : "";
  for (std::size_t i = text.empty() ? 0 : 1; i < word.size(); ++i) {
    if (word[i] != '%') {
      text += word[i];
      continue;
    }
    if (++i == word.size()) fail(line, "\"" + word + "\": the last % is not understood");
    const char letter = word[i];
    const auto value = values.find(letter);
    if (letter != '%' && value == values.end())
      fail(line, "\"" + word + "\": %" + letter + " is not understood");
    text += letter == '%' ? "%" : value->second;
  }
  return text;
}

/// The methods that there are; others, gssapi for one, cannot succeed here.
std::string methods_of(const ConfigLine& line) {
  std::vector<std::string> methods = detail::split_names(line.words.front());
  std::erase_if(methods, [](const std::string& method) {
    return method != "publickey" && method != "password" && method != "keyboard-interactive";
  });
  if (methods.empty()) fail(line, "none of the methods can be used");
  return detail::join_names(methods);
}

}  // namespace

ConfigFile::ConfigFile(std::vector<detail::ConfigLine> lines) : lines_(std::move(lines)) {
  check_match(lines_);
}

ConfigFile ConfigFile::load(const std::string& path) {
  return ConfigFile(detail::read_config(path));
}

ConfigFile ConfigFile::parse(std::string_view text, const std::string& path) {
  return ConfigFile(detail::read_config_text(text, path));
}

HostConfig ConfigFile::options_for(const std::string& host, const Options& base) const {
  const Selection selection(lines_, host);
  HostConfig config;
  config.hostname = host;
  config.options = base;
  Options& options = config.options;
  const auto with = [&selection](const char* keyword, auto use) {
    if (const ConfigLine* line = selection.find(keyword)) use(*line);
  };

  with("hostname", [&](const ConfigLine& line) {
    config.hostname = expand(line, line.words.front(), {{'h', host}});
  });
  with("port", [&](const ConfigLine& line) { options.port = port_of(line); });
  with("user", [&](const ConfigLine& line) { options.username = line.words.front(); });
  const std::map<char, std::string> values = {{'d', home()},
                                              {'h', config.hostname},
                                              {'n', host},
                                              {'p', std::to_string(options.port)},
                                              {'r', options.username},
                                              {'u', Options().username}};
  for (const ConfigLine* line : selection.identity_files()) {
    if (line->words.front() != "none")
      options.client_keys.push_back(expand(*line, line->words.front(), values));
  }
  with("identityagent", [&](const ConfigLine& line) {
    const std::string& word = line.words.front();
    if (word == "none" || word == "SSH_AUTH_SOCK") return;
    options.agent_path = expand(line, word, values);
  });
  with("proxyjump", [&](const ConfigLine& line) {
    if (line.words.front() == "none") return;
    config.proxy_jump = expand(line, line.words.front(), values);
    try {
      detail::parse_jump_hosts(config.proxy_jump);
    } catch (const ValueError& error) {
      fail(line, error.what());
    }
  });
  with("userknownhostsfile", [&](const ConfigLine& line) {
    options.known_hosts = expand(line, line.words.front(), values);
  });
  with("stricthostkeychecking",
       [&](const ConfigLine& line) { options.host_key_policy = policy_of(line); });
  with("hashknownhosts",
       [&](const ConfigLine& line) { options.hash_known_hosts = truth_of(line); });
  with("connecttimeout", [&](const ConfigLine& line) { options.connect_timeout = time_of(line); });
  with("serveraliveinterval",
       [&](const ConfigLine& line) { options.keepalive_interval = time_of(line); });
  with("serveralivecountmax",
       [&](const ConfigLine& line) { options.keepalive_count_max = count_of(line); });
  with("preferredauthentications",
       [&](const ConfigLine& line) { options.preferred_auth = methods_of(line); });
  with("kexalgorithms",
       [&](const ConfigLine& line) { options.kex_algs = algorithms_of(line, LIBSSH2_METHOD_KEX); });
  with("hostkeyalgorithms", [&](const ConfigLine& line) {
    options.server_host_key_algs = algorithms_of(line, LIBSSH2_METHOD_HOSTKEY);
  });
  with("ciphers", [&](const ConfigLine& line) {
    options.encryption_algs = algorithms_of(line, LIBSSH2_METHOD_CRYPT_CS);
  });
  with("macs", [&](const ConfigLine& line) {
    options.mac_algs = algorithms_of(line, LIBSSH2_METHOD_MAC_CS);
  });
  return config;
}

}  // namespace rondo::ssh
