#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// URL: an http or https address, taken apart as RFC 3986 says and no more generously.
//
// What is not a URL by the letter is refused and not guessed at: a blank, a control character, a
// letter beyond ASCII. `quote` writes such characters as a URL may hold them. A user and a password
// in front of the host are refused too, since URLs end up in logs; see RequestOptions::auth.

namespace rondo::http {

/// Names and values of a query, decoded, in their order.
using Query = std::vector<std::pair<std::string, std::string>>;

class URL {
 public:
  /// From "http://host[:port][/path][?query][#fragment]", or https. The fragment is dropped, since
  /// it is never sent. Throws InvalidURL; its text never holds a user or password.
  explicit URL(std::string_view text);

  const std::string& scheme() const noexcept { return scheme_; }  ///< "http" or "https"
  /// A name in lower case or an address, an IPv6 one without its brackets.
  const std::string& host() const noexcept { return host_; }
  std::uint16_t port() const noexcept { return port_; }         ///< 80 or 443 unless it was given
  const std::string& path() const noexcept { return path_; }    ///< encoded; "/" at the least
  const std::string& query() const noexcept { return query_; }  ///< encoded, without its '?'

  bool is_tls() const noexcept { return scheme_ == "https"; }
  /// What a request's first line asks for: the path and, if there is one, the query.
  std::string target() const;
  /// "host" or "host:port", as the header Host wants it.
  std::string host_header() const;
  /// "http://host:port": whether two URLs are on the same server, see RFC 6454.
  std::string origin() const;
  std::string text() const;
  /// Without the query, for messages and logs.
  std::string text_without_query() const;

  /// The URL that `reference`, relative or not, means when it stands in a document of this one
  /// (RFC 3986, 5.2). Throws InvalidURL.
  URL join(std::string_view reference) const;
  /// With these pairs, encoded, behind the query that is there.
  URL with_query(const Query& pairs) const;

  friend bool operator==(const URL&, const URL&) = default;

 private:
  void parse_authority(std::string_view authority);
  void parse_port(std::string_view text);

  std::string scheme_;
  std::string host_;
  std::uint16_t port_ = 0;  // 1 to 65535
  std::string path_;        // begins with '/'
  std::string query_;
};

/// `text` with everything but letters, digits and "-._~" as %XX: safe as a segment of a path, or as
/// a name or value of a query.
std::string quote(std::string_view text);
/// The reverse. Throws ValueError for a '%' that two hexadecimal digits do not follow.
std::string unquote(std::string_view text);
/// "name=value&..." of decoded pairs, and back; in forms, '+' is a blank.
std::string quote_query(const Query& pairs);
Query parse_query(std::string_view text);

}  // namespace rondo::http
