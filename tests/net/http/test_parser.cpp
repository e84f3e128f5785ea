// Parser: requests and responses, whole and in pieces, and what is refused.

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/net/http/detail/parser.h>

namespace {

using namespace rondo::http;
using namespace rondo::http::detail;

/// What came of feeding a parser: a word about the message, or the status of the refusal.
std::string outcome(Parser::Kind kind, const std::vector<std::string>& pieces, bool eof = false,
                    bool answers_head = false, Limits limits = Limits()) {
  Parser parser(kind, limits);
  if (answers_head) parser.expect_no_body();
  std::string unread;
  try {
    for (const std::string& piece : pieces) {
      unread += piece;
      for (;;) {
        const std::size_t taken = parser.feed(unread);
        unread.erase(0, taken);
        if (taken == 0 || unread.empty()) break;
      }
    }
    if (eof) parser.feed_eof();
  } catch (const ProtocolError& error) {
    return std::to_string(error.status());
  }
  if (!parser.complete()) return parser.head_complete() ? "in the body" : "in the head";
  return "body=" + parser.take_body() + (unread.empty() ? "" : " unread=" + unread);
}

/// The same for every way to cut the bytes in two, and byte by byte; all must agree.
std::string outcome_of_all_splits(Parser::Kind kind, const std::string& bytes, bool eof = false,
                                  bool answers_head = false) {
  const std::string whole = outcome(kind, {bytes}, eof, answers_head);
  std::vector<std::string> single;
  for (const char byte : bytes)
    single.emplace_back(1, byte);
  CHECK(outcome(kind, single, eof, answers_head) == whole);
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    CAPTURE(at);
    CHECK(outcome(kind, {bytes.substr(0, at), bytes.substr(at)}, eof, answers_head) == whole);
  }
  return whole;
}

std::string request(const std::string& bytes) {
  CAPTURE(bytes);
  return outcome_of_all_splits(Parser::Kind::request, bytes);
}
std::string response(const std::string& bytes, bool eof = false, bool answers_head = false) {
  CAPTURE(bytes);
  return outcome_of_all_splits(Parser::Kind::response, bytes, eof, answers_head);
}

/// A request with these lines between its first line and the empty one.
std::string with_lines(const std::string& lines, const std::string& rest = {}) {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n" + rest;
}
std::string chunked(const std::string& body) {
  return with_lines("Transfer-Encoding: chunked\r\n", body);
}

TEST_CASE("a request is read, and what follows it is left alone") {
  CHECK(request("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n") == "body=");
  CHECK(request(with_lines("Content-Length: 5\r\n", "helloGET /")) == "body=hello unread=GET /");
  CHECK(request(chunked("5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\nGET")) ==
        "body=hello world unread=GET");
  CHECK(request(chunked("5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n")) == "body=hello");
  CHECK(request(with_lines("Content-Length: 0\r\n", "x")) == "body= unread=x");
  CHECK(request("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n") == "body=");
  CHECK(request("GET / HTTP/1.0\r\n\r\n") == "body=");
  // An offer of another protocol is ignored, the body with it or not.
  CHECK(request(with_lines("Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n", "ab")) ==
        "body=ab");
  CHECK(request(with_lines("Connection: Upgrade\r\nUpgrade: h2c\r\n", "x")) == "body= unread=x");
}

TEST_CASE("a head is handed over with all its fields") {
  Parser parser(Parser::Kind::request, Limits());
  const std::string bytes =
      "PUT /a%20b?c HTTP/1.1\r\nhost: x\r\nEmpty:\r\nX-Many: 1\r\nx-many:  2 \r\n\r\n";
  CHECK(parser.feed(bytes) == bytes.size());
  REQUIRE(parser.head_complete());
  CHECK(parser.head().method == "PUT");
  CHECK(parser.head().target == "/a%20b?c");
  CHECK(parser.head().keep_alive);
  CHECK(parser.head().headers.get("Host") == "x");
  CHECK(parser.head().headers.contains("empty"));
  CHECK(parser.head().headers.getall("X-Many") == std::vector<std::string>{"1", "2"});
}

TEST_CASE("a response ends where its framing says") {
  CHECK(response("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP") == "body=ab unread=HTTP");
  CHECK(response("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab") == "body=ab");
  CHECK(response("HTTP/1.1 200 OK\r\n\r\nall the rest", true) == "body=all the rest");
  CHECK(response("HTTP/1.1 200 OK\r\n\r\nall the rest") == "in the body");
  CHECK(response("HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nab") == "body= unread=ab");
  CHECK(response("HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\nab") == "body= unread=ab");
  CHECK(response("HTTP/1.1 100 Go\r\n\r\nHTTP") == "body= unread=HTTP");
  CHECK(response("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", false, true) == "body= unread=x");
  CHECK(response("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", true) == "400");
  CHECK(response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab", true) == "400");
  CHECK(response("HTTP/1.1 200 OK\r\n", true) == "400");
}

TEST_CASE("[fault 66] two readings of one request: each is refused, however it is split") {
  const std::vector<std::string> smuggled{
      // Where does the body end?
      with_lines("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET"),
      with_lines("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\nGET"),
      with_lines("Content-Length: 4\r\nContent-Length: 5\r\n", "abcde"),
      with_lines("Content-Length: 4\r\nContent-Length: 4\r\n", "abcd"),
      with_lines("Content-Length: 4, 4\r\n", "abcd"), with_lines("Content-Length: +4\r\n", "abcd"),
      with_lines("Content-Length: -4\r\n", "abcd"), with_lines("Content-Length: 0x4\r\n", "abcd"),
      with_lines("Content-Length: 4 4\r\n", "abcd"), with_lines("Content-Length: 4a\r\n", "abcd"),
      with_lines("Content-Length:\r\n"), with_lines("Content-Length: 4;\r\n", "abcd"),
      with_lines("Content-Length: 18446744073709551616\r\n"),
      with_lines("Content-Length: 99999999999999999999999999\r\n"),
      with_lines("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
      with_lines("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
      with_lines("Transfer-Encoding: identity, chunked\r\n", "0\r\n\r\n"),
      with_lines("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
      with_lines("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      with_lines("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"),
      with_lines("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"),
      with_lines("Transfer-Encoding:\r\n", "0\r\n\r\n"),
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      // Where does a line end, and what is a name?
      "GET / HTTP/1.1\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\n\n", "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
      "GET / HTTP/1.1\rHost: x\r\n\r\n", with_lines("A: b\rContent-Length: 3\r\n"),
      with_lines("A: b\r\n continued\r\n"), with_lines("A: b\r\n\tcontinued\r\n"),
      "GET / HTTP/1.1\r\n Host: x\r\n\r\n", with_lines("Transfer-Encoding : chunked\r\n"),
      with_lines("Transfer-Encoding\t: chunked\r\n"), with_lines(": empty\r\n"),
      with_lines("no colon\r\n"), with_lines("nocolon\r\n"), with_lines("A@: b\r\n"),
      with_lines("A\x80: b\r\n"), with_lines("A: \x01\r\n"), with_lines("A: \x7f\r\n"),
      with_lines(std::string("A: b\0c\r\n", 8)), with_lines(std::string("A\0: b\r\n", 7)),
      std::string("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 28),
      // What is asked for, and of whom?
      "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /  HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1 \r\nHost: x\r\n\r\n", " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /\x80 HTTP/1.1\r\nHost: x\r\n\r\n", "GET /\r\n\r\n", "GET\r\n\r\n", "\r\n\r\n",
      "GET / HTTP/1\r\nHost: x\r\n\r\n", "GET / HTTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / http/1.1\r\nHost: x\r\n\r\n", "get / HTTP/1.1\r\nHost: x\r\n\r\n",
      "WHAT / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1x\r\nHost: x\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01"};
  for (const std::string& bytes : smuggled)
    CHECK(request(bytes) == "400");
  CHECK(request("GET / HTTP/2.0\r\nHost: x\r\n\r\n") == "505");
  CHECK(request("GET / HTTP/1.2\r\nHost: x\r\n\r\n") == "505");
  CHECK(request("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n") == "501");
}

TEST_CASE("[fault 66] chunks that are malformed or overflow are refused, however they are split") {
  const std::vector<std::string> bad{"x\r\n",
                                     "-1\r\n",
                                     "0x5\r\n",
                                     " 5\r\nhello\r\n",
                                     "5 \r\nhello\r\n",
                                     "\r\n",
                                     ";a\r\n",
                                     "5\nhello\r\n0\r\n\r\n",
                                     "5\rhello\r\n",
                                     "5\r\nhello0\r\n\r\n",
                                     "5\r\nhelloXX0\r\n\r\n",
                                     "5\r\nhello\n0\r\n\r\n",
                                     "5\r\nhello\r0\r\n\r\n",
                                     "5;a\nb\r\nhello\r\n0\r\n\r\n",
                                     "5;\x01\r\nhello\r\n",
                                     "ffffffffffffffff\r\n",
                                     "10000000000000000\r\n",
                                     "00000000000000000000005\r\nhello\r\n",
                                     "7fffffffffffffff1\r\n",
                                     "0\r\nTrailer : x\r\n\r\n",
                                     "0\r\n folded\r\n\r\n",
                                     "0\r\nTrailer: x\n\r\n",
                                     "0\r\n\n"};
  for (const std::string& body : bad)
    CHECK(request(chunked(body)) == "400");
  CHECK(request(chunked("fffffffffffffff\r\nx")) == "in the body");
  CHECK(request(chunked("000000000000005\r\nhello\r\n0\r\n\r\n")) == "body=hello");
  // Extensions and trailers are not for ever.
  CHECK(outcome(Parser::Kind::request, {chunked("1;" + std::string(20000, 'a'))}) == "400");
  CHECK(outcome(Parser::Kind::request, {chunked("0\r\nA: " + std::string(20000, 'a'))}) == "431");
}

TEST_CASE("[fault 66] a response that can be read in two ways is refused as well") {
  const std::string line = "HTTP/1.1 200 OK\r\n";
  for (const std::string& lines : std::vector<std::string>{
           "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
           "Transfer-Encoding: gzip\r\n\r\nx",
           "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff", "A: b\r\n c\r\n\r\n",
           "A : b\r\n\r\n", "A: b\nC: d\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", "A: \x01\r\n\r\n"}) {
    CHECK(response(line + lines) == "400");
  }
  CHECK(response("HTTP/1.1 99 Low\r\n\r\n") == "400");
  CHECK(response("HTTP/1.1 600 High\r\n\r\n") == "400");
  CHECK(response("ICY 200 OK\r\n\r\n") == "400");
  CHECK(response("HTTP/2 200\r\n\r\n") == "400");
  CHECK(response("SSH-2.0-OpenSSH_9.2\r\n") == "400");
  CHECK(response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == "400");
}

TEST_CASE("[fault 66] a head of a megabyte is refused as soon as it passes the limit") {
  Parser parser(Parser::Kind::request, Limits());
  const std::string piece(1000, 'a');
  std::size_t fed = parser.feed("GET / HTTP/1.1\r\nHost: x\r\nA: ");
  int status = 0;
  while (status == 0 && fed < 1024 * 1024) {
    try {
      fed += parser.feed(piece);
    } catch (const ProtocolError& error) {
      status = error.status();
    }
  }
  CHECK(status == 431);
  CHECK(fed <= 32 * 1024);
  CHECK(outcome(Parser::Kind::request, {"GET /" + std::string(1 << 20, 'a')}) == "414");
  CHECK(outcome(Parser::Kind::response, {"HTTP/1.1 200 " + std::string(1 << 20, 'a')}) == "414");
  // Many small headers are no way round.
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 100000; ++i)
    many += "a:b\r\n";
  CHECK(outcome(Parser::Kind::request, {many}) == "431");
  // http-parser's own limit never shows through.
  Limits large;
  large.head = 1 << 20;
  CHECK(outcome(Parser::Kind::request,
                {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(70000, 'a')}, false, false,
                large) == "431");
}

}  // namespace
