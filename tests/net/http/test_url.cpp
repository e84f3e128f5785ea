// URL: RFC 3986 by the letter, and the references of its section 5.4.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/net/http/errors.h>
#include <rondo/net/http/url.h>
#include <rondo/runtime/errors.h>

namespace {

using namespace rondo;
using namespace rondo::http;

std::string refusal(const std::string& text) {
  try {
    const URL url(text);
    return "accepted: " + url.text();
  } catch (const InvalidURL& error) {
    return error.what();
  }
}

TEST_CASE("a URL is taken apart") {
  const URL url("http://Example.COM:8080/a/b%20c?x=1&y=2#part");
  CHECK(url.scheme() == "http");
  CHECK(url.host() == "example.com");
  CHECK(url.port() == 8080);
  CHECK(url.path() == "/a/b%20c");
  CHECK(url.query() == "x=1&y=2");
  CHECK(url.target() == "/a/b%20c?x=1&y=2");
  CHECK(url.host_header() == "example.com:8080");
  CHECK(url.text() == "http://example.com:8080/a/b%20c?x=1&y=2");
  CHECK(url.text_without_query() == "http://example.com:8080/a/b%20c");
}

TEST_CASE("a URL without a port or a path has those of its scheme") {
  CHECK(URL("http://r1").port() == 80);
  CHECK(URL("HTTPS://r1").port() == 443);
  CHECK(URL("https://r1").is_tls());
  CHECK(URL("http://r1").target() == "/");
  CHECK(URL("http://r1?x").target() == "/?x");
  CHECK(URL("http://r1:80").host_header() == "r1");
  CHECK(URL("http://r1:/").port() == 80);
  CHECK(URL("https://r1").origin() == "https://r1:443");
}

TEST_CASE("an IPv6 address stands in brackets, and is an address") {
  const URL url("http://[2001:db8::1]:81/");
  CHECK(url.host() == "2001:db8::1");
  CHECK(url.port() == 81);
  CHECK(url.host_header() == "[2001:db8::1]:81");
  CHECK(refusal("http://[2001:db8::1/").starts_with("URL"));
  CHECK(refusal("http://[r1]/").starts_with("URL"));
  CHECK(refusal("http://[::1]x/").starts_with("URL"));
  CHECK(refusal("http://::1/").starts_with("URL"));
}

TEST_CASE("what is no URL by the letter is refused") {
  const std::vector<std::string> bad{"",
                                     "r1",
                                     "/path",
                                     "ftp://r1/",
                                     "http:/r1",
                                     "http://",
                                     "http:///x",
                                     "http://:80/",
                                     "http://r1:0/",
                                     "http://r1:65536/",
                                     "http://r1:-1/",
                                     "http://r1:8o/",
                                     "http://r1:80x/",
                                     "http://r 1/",
                                     "http://r1/a b",
                                     "http://r1/\r\nX: y",
                                     "http://r1/%",
                                     "http://r1/%4",
                                     "http://r1/%zz",
                                     "http://r1/?a=b c",
                                     "http://r1/\xc3\xa9",
                                     "http://r1\\@x/",
                                     "http://r1/<",
                                     std::string("http://r1/\0", 11),
                                     "http://r%31/",
                                     "http://" + std::string(300, 'a') + "/"};
  for (const std::string& text : bad) {
    CAPTURE(text);
    CHECK(refusal(text).starts_with("URL"));
  }
}

TEST_CASE("a user and a password in a URL are refused, and are in no message") {
  for (const std::string text :
       {"http://admin:Secret@r1/", "http://admin:Sec?ret@r1/", "Secret@r1", "http:/Secret@r1/",
        "ftp://Secret:@r1/", "http://Secret@r1:99999/"}) {
    CAPTURE(text);
    const std::string why = refusal(text);
    CHECK(why.starts_with("URL"));
    CHECK(why.find("Sec") == std::string::npos);
  }
  CHECK(refusal("http://r1:0/?token=Secret").find("Secret") == std::string::npos);
}

TEST_CASE("a reference is resolved as RFC 3986, 5.4, shows") {
  const URL base("http://a/b/c/d;p?q");
  const std::vector<std::pair<std::string, std::string>> examples{
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q"},
      {"g#s", "http://a/b/c/g"},
      {"g?y#s", "http://a/b/c/g?y"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"https://h/x", "https://h/x"},
      {"a//b", "http://a/b/c/a//b"},
  };
  for (const auto& [reference, expected] : examples) {
    CAPTURE(reference);
    CHECK(base.join(reference).text() == expected);
  }
  CHECK_THROWS_AS(base.join("javascript:alert(1)"), InvalidURL);
  CHECK_THROWS_AS(base.join("//user@g"), InvalidURL);
}

TEST_CASE("quote writes every byte, unquote reads it back, and both refuse what is malformed") {
  std::string all;
  for (int code = 0; code < 256; ++code)
    all += static_cast<char>(code);
  CHECK(unquote(quote(all)) == all);
  CHECK(quote("a b/c?d=e&f") == "a%20b%2Fc%3Fd%3De%26f");
  CHECK_THROWS_AS(unquote("%"), ValueError);
  CHECK_THROWS_AS(unquote("a%4"), ValueError);
  CHECK_THROWS_AS(unquote("%4g"), ValueError);
}

TEST_CASE("a query is read and written") {
  const Query query = parse_query("a=1&b=x+y%26&c&=d&&a=2");
  REQUIRE(query.size() == 5);
  CHECK(query[0] == std::pair<std::string, std::string>("a", "1"));
  CHECK(query[1] == std::pair<std::string, std::string>("b", "x y&"));
  CHECK(query[2] == std::pair<std::string, std::string>("c", ""));
  CHECK(query[3] == std::pair<std::string, std::string>("", "d"));
  CHECK(query[4] == std::pair<std::string, std::string>("a", "2"));
  CHECK(URL("http://a/?x=1").with_query({{"q", "a&b"}}).target() == "/?x=1&q=a%26b");
  CHECK(URL("http://a/").with_query({}).target() == "/");
}

}  // namespace
