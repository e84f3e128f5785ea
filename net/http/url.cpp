#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <arpa/inet.h>

#include <rondo/net/http/errors.h>
#include <rondo/net/http/headers.h>
#include <rondo/net/http/url.h>
#include <rondo/runtime/errors.h>

namespace rondo::http {

namespace {

constexpr std::string_view unreserved_marks = "-._~";
constexpr std::string_view path_marks = "-._~!$&'()*+,;=:@/";
constexpr std::string_view query_marks = "-._~!$&'()*+,;=:@/?";

int hexadecimal(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}
bool is_encoded(std::string_view text, std::size_t at) noexcept {
  return at + 2 < text.size() && hexadecimal(text[at + 1]) >= 0 && hexadecimal(text[at + 2]) >= 0;
}

/// What a URL looks like in a message: no user, no query, and nothing that a terminal obeys.
std::string for_message(std::string_view text) {
  std::string shown;
  const std::size_t at_sign = text.rfind('@');
  if (at_sign != std::string_view::npos) {
    // Whatever stands before it may be a password, which may hold a '?' or '#'.
    const std::size_t scheme_end = text.find("://");
    if (scheme_end < at_sign) shown = text.substr(0, scheme_end + 3);
    shown += "...";
    text.remove_prefix(at_sign);
  }
  text = text.substr(0, text.find_first_of("?#"));
  for (const char character : text.substr(0, 200))
    shown += character >= ' ' && character < 0x7f ? character : '?';
  return '"' + shown + '"';
}

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw InvalidURL("URL " + for_message(text) + " is refused: " + why);
}

void check_characters(std::string_view part, std::string_view marks, std::string_view whole) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    const char character = part[i];
    if (detail::is_alphanumeric(character) || marks.find(character) != std::string_view::npos)
      continue;
    if (character == '%') {
      if (is_encoded(part, i)) continue;
      refuse(whole, "a % is not followed by two hexadecimal digits");
    }
    refuse(whole, "it holds a character that must be percent-encoded (see http::quote)");
  }
}

/// RFC 3986, 5.2.4, for a path that begins with '/'.
std::string remove_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool directory = false;  // the path ends with a '/'
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    directory = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!directory) kept.push_back(segment);
    path.remove_prefix(end);
  }
  std::string result;
  for (const std::string_view segment : kept)
    result.append("/").append(segment);
  if (directory || result.empty()) result += '/';
  return result;
}

bool has_scheme(std::string_view reference) {
  const std::size_t colon = reference.find_first_of(":/?#");
  return colon != std::string_view::npos && colon > 0 && reference[colon] == ':';
}

}  // namespace

URL::URL(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) refuse(text, "it does not begin with http:// or https://");
  for (const char character : text.substr(0, colon))
    scheme_ += static_cast<char>(character >= 'A' && character <= 'Z' ? character + 32 : character);
  if (scheme_ != "http" && scheme_ != "https") refuse(text, "only http and https are understood");
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view path = rest.substr(authority_end);
  const std::size_t question = path.find('?');
  if (question != std::string_view::npos) query_ = path.substr(question + 1);
  path = path.substr(0, question);
  try {
    parse_authority(rest.substr(0, authority_end));
  } catch (const ValueError& error) {
    refuse(text, error.what());
  }
  check_characters(path, path_marks, text);
  check_characters(query_, query_marks, text);
  path_ = path.empty() ? std::string_view("/") : path;
}

void URL::parse_authority(std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) {
    throw ValueError("a user in a URL is not accepted; use RequestOptions::auth");
  }
  port_ = is_tls() ? 443 : 80;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) throw ValueError("the host lacks its closing bracket");
    host_ = authority.substr(1, bracket - 1);
    in6_addr address{};
    if (::inet_pton(AF_INET6, host_.c_str(), &address) != 1) {
      throw ValueError("what stands in brackets is no IPv6 address");
    }
    rest = authority.substr(bracket + 1);
    if (!rest.empty() && rest.front() != ':') throw ValueError("the host is malformed");
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    for (const char character : authority.substr(0, colon)) {
      if (!detail::is_alphanumeric(character) &&
          unreserved_marks.find(character) == std::string_view::npos)
        throw ValueError("the host holds a character that no name of a host has");
      host_ += static_cast<char>(character >= 'A' && character <= 'Z' ? character + 32 : character);
    }
    rest = authority.substr(colon);
  }
  if (host_.empty() || host_.size() > 253) throw ValueError("the host is missing or too long");
  if (rest.size() > 1) parse_port(rest.substr(1));
}

void URL::parse_port(std::string_view text) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port_);
  if (error != std::errc() || end != text.data() + text.size() || port_ == 0) {
    throw ValueError("the port is no number from 1 to 65535");
  }
}

std::string URL::target() const {
  return query_.empty() ? path_ : path_ + '?' + query_;
}

std::string URL::host_header() const {
  std::string header = host_.find(':') == std::string::npos ? host_ : '[' + host_ + ']';
  if (port_ != (is_tls() ? 443 : 80)) header += ':' + std::to_string(port_);
  return header;
}

std::string URL::origin() const {
  const std::string host = host_.find(':') == std::string::npos ? host_ : '[' + host_ + ']';
  return scheme_ + "://" + host + ':' + std::to_string(port_);
}

std::string URL::text_without_query() const {
  return scheme_ + "://" + host_header() + path_;
}

std::string URL::text() const {
  return scheme_ + "://" + host_header() + target();
}

URL URL::join(std::string_view reference) const {
  if (has_scheme(reference)) return URL(reference);
  if (reference.starts_with("//")) return URL(scheme_ + ':' + std::string(reference));
  const std::string base = scheme_ + "://" + host_header();
  reference = reference.substr(0, reference.find('#'));
  const std::size_t question = std::min(reference.find('?'), reference.size());
  const std::string_view path = reference.substr(0, question);
  const std::string query(reference.substr(question));
  if (path.empty())
    return URL(base + path_ + (query.empty() && !query_.empty() ? '?' + query_ : query));
  std::string merged(path);
  if (!path.starts_with('/')) merged.insert(0, path_.substr(0, path_.rfind('/') + 1));
  return URL(base + remove_dot_segments(merged) + query);
}

URL URL::with_query(const Query& pairs) const {
  URL changed = *this;
  if (pairs.empty()) return changed;
  if (!changed.query_.empty()) changed.query_ += '&';
  changed.query_ += quote_query(pairs);
  return changed;
}

std::string quote(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string quoted;
  for (const char character : text) {
    if (detail::is_alphanumeric(character) ||
        unreserved_marks.find(character) != std::string_view::npos) {
      quoted += character;
    } else {
      const auto code = static_cast<unsigned char>(character);
      quoted += {'%', digits[code / 16], digits[code % 16]};
    }
  }
  return quoted;
}

std::string unquote(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    if (!is_encoded(text, i)) {
      throw ValueError("a % is not followed by two hexadecimal digits");
    }
    plain += static_cast<char>(hexadecimal(text[i + 1]) * 16 + hexadecimal(text[i + 2]));
    i += 2;
  }
  return plain;
}

std::string quote_query(const Query& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += '&';
    text += quote(name) + '=' + quote(value);
  }
  return text;
}

Query parse_query(std::string_view text) {
  const auto decode = [](std::string_view part) {
    std::string blanks(part);
    std::ranges::replace(blanks, '+', ' ');
    return unquote(blanks);
  };
  Query pairs;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty()) {
      pairs.emplace_back(decode(pair.substr(0, equals)),
                         decode(pair.substr(std::min(equals + 1, pair.size()))));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pairs;
}

}  // namespace rondo::http
