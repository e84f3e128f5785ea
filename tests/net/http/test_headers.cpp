// Headers: found in whatever case, and nothing that could end a line.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/net/http/headers.h>
#include <rondo/runtime/errors.h>

namespace {

using namespace rondo;
using namespace rondo::http;

TEST_CASE("headers are found in whatever case, and keep their order") {
  Headers headers{{"Host", "r1"}, {"Set-Cookie", "a=1"}};
  headers.add("set-cookie", "b=2");
  CHECK(headers.get("HOST") == "r1");
  CHECK(headers.get("Set-Cookie") == "a=1");
  CHECK(headers.getall("SET-COOKIE") == std::vector<std::string>{"a=1", "b=2"});
  CHECK(headers.get("missing").empty());
  CHECK(headers.get("missing", "fallback") == "fallback");
  CHECK(headers.contains("host"));
  CHECK_FALSE(headers.contains("hos"));
  std::string names;
  for (const auto& [name, value] : headers)
    names += name + ' ';
  CHECK(names == "Host Set-Cookie set-cookie ");
}

TEST_CASE("set replaces all of a name, remove counts them, set_default yields") {
  Headers headers{{"A", "1"}, {"a", "2"}, {"B", "3"}};
  headers.set("A", "4");
  CHECK(headers.getall("a") == std::vector<std::string>{"4"});
  headers.set_default("b", "5");
  CHECK(headers.get("B") == "3");
  CHECK(headers.remove("b") == 1);
  CHECK(headers.remove("b") == 0);
  CHECK(headers.size() == 1);
}

TEST_CASE("blanks around a value are dropped, and words of a list are found") {
  const Headers headers{{"Connection", "  keep-alive ,\tClose "}};
  CHECK(headers.get("Connection") == "keep-alive ,\tClose");
  CHECK(headers.has_word("connection", "close"));
  CHECK(headers.has_word("connection", "Keep-Alive"));
  CHECK_FALSE(headers.has_word("connection", "keep"));
  CHECK_FALSE(headers.has_word("other", "close"));
}

TEST_CASE("a header that could end its line is refused, and its value is in no message") {
  Headers headers;
  for (const std::string name : {"", "A B", "A:", "A\r\nB", "\xc3\xa9", "A\tB", "A(B)"})
    CHECK_THROWS_AS(headers.add(name, "x"), ValueError);
  for (const std::string& value :
       {std::string("a\r\nX: y"), std::string("a\nb"), std::string("a\rb"), std::string("a\0b", 3),
        std::string("\x7f"), std::string("\x1b[0m")}) {
    CHECK_THROWS_AS(headers.add("A", value), ValueError);
    CHECK_THROWS_AS(headers.set("A", value), ValueError);
  }
  CHECK(headers.empty());
  try {
    headers.add("Authorization", "Secret\r\n");
  } catch (const ValueError& error) {
    CHECK(std::string(error.what()).find("Secret") == std::string::npos);
    CHECK(std::string(error.what()).find("Authorization") != std::string::npos);
  }
}

}  // namespace
