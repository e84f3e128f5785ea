// What a terminal makes of bytes, what a pattern makes of text, and what a log does not show.

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/devices/detail/redactor.h>
#include <rondo/devices/detail/screen.h>
#include <rondo/devices/pattern.h>
#include <rondo/runtime/errors.h>

namespace {

using namespace rondo::devices;
using rondo::devices::detail::Redactor;
using rondo::devices::detail::Screen;

TEST_CASE("[fault 61] a screen shows what a terminal would, wherever the bytes are cut") {
  struct Case {
    const char* bytes;
    const char* text;
  };
  const std::vector<Case> cases = {{"one\r\ntwo", "one\ntwo"},
                                   {"one\n\rtwo\r\r\nthree", "one\ntwo\nthree"},
                                   {"12345\rab", "ab345"},
                                   {"abc\b\bX", "aXc"},
                                   {"\b\b\bx", "x"},
                                   {"x\n\b\by", "x\ny"},
                                   {"--More--\r        \rnext", "next    "},
                                   {"--More--\x1b[2K\rnext", "next    "},
                                   {"--More--\r\x1b[Knext", "next"},
                                   {"abcdef\x1b[3D\x1b[K!", "abc!"},
                                   {"abc\x1b[1K", "   "},
                                   {"a\x1b[3Cb", "a   b"},
                                   {"abc\x1b[2Gx", "axc"},
                                   {"abc\x1b[1Gx", "xbc"},
                                   {"\x1b[1;32mr1\x1b[0m#", "r1#"},
                                   {"\x1b]0;title\x07r1#", "r1#"},
                                   {"\x1b]0;title\x1b\\r1#", "r1#"},
                                   {"\x1bPsome device\x1b\\r1#", "r1#"},
                                   {"\x1b]0;title without an end\nr1#", "\nr1#"},
                                   {"\x1b(Br1\x1b[?25h#", "r1#"},
                                   {"\x1b[24;1HHP# \x1b[24;1H\x1b[24;5Hshow", "HP# show"},
                                   {"\x1b[1;1Hone\x1b[2;1Htwo", "one\ntwo"},
                                   {"one\x1b"
                                    "Etwo",
                                    "one\ntwo"},
                                   {"one\x1b[J", "one"},
                                   {"be\all\x7f\tx", "bell\tx"},
                                   {"\x1b\x1b[31mred", "red"}};
  for (const Case& one : cases) {
    const std::string bytes = one.bytes;
    CAPTURE(one.text);
    Screen whole;
    whole.feed(bytes);
    CHECK(whole.text() == one.text);
    Screen pieces;
    for (const char byte : bytes)
      pieces.feed(std::string(1, byte));
    CHECK(pieces.text() == one.text);
  }
  Screen screen;
  screen.feed(std::string("a\0b", 3));
  CHECK(screen.text() == "ab");
  screen.feed("\x1b[" + std::string(1000, '1') + "mx");  // no sequence is that long
  CHECK(screen.text().size() < 2000);
  screen.feed("\x1b[99999999999999999999C.");
  CHECK(screen.text().size() < 200'000);
}

TEST_CASE("[fault 61] sequences without an end cost nothing, and show nothing but the text") {
  for (const char* const piece :
       {"\x1b", "\x1b]", "\x1b]0;x", "\x1bP", "\x1b[1;", "\x1b[31m", "\x7f\a"}) {
    CAPTURE(piece);
    std::string bytes;
    while (bytes.size() < 1'000'000)
      bytes += piece;
    Screen screen;
    screen.feed(bytes + "\x1b\\\nr1#");
    CHECK(screen.text().ends_with("\nr1#"));
    CHECK(
        std::ranges::none_of(screen.text(), [](char c) { return c != '\n' && c >= 0 && c < ' '; }));
  }
}

TEST_CASE("a screen can be cut, cleared and emptied; it counts the lines that have ended") {
  Screen screen;
  screen.feed("one\r\ntwo --More--");
  CHECK(screen.line() == "two --More--");
  CHECK(screen.newlines() == 1);
  screen.cut(8);
  screen.feed("x");
  CHECK(screen.text() == "one\ntwo x");
  CHECK(screen.take() == "one\ntwo x");
  CHECK(screen.text().empty());
  CHECK(screen.newlines() == 0);
  screen.feed("a\x1b");
  screen.clear();
  screen.feed("[31mb");
  CHECK(screen.text() == "b");
}

TEST_CASE("patterns: either case, each line, the end of a text, texts that stand for themselves") {
  const Pattern prompt(R"(^[\w.\-]{1,63}#\s?$)");
  CHECK(prompt.search("one\nr1#\ntwo")->begin == 4);
  CHECK(!prompt.search_end("one\nr1#\ntwo"));
  CHECK(prompt.search_end("one\nR1# ")->begin == 4);
  CHECK(Pattern("PASSWORD").search("password:")->end == 8);
  CHECK(Pattern::literal("[confirm] (y|n)?").search("Really? [CONFIRM] (Y|N)? ")->begin == 8);
  CHECK(Pattern::expected("^a.c$").search("abc"));
  CHECK(!Pattern::expected("a.c").search("abc"));
  CHECK(!Pattern().search("abc"));
  CHECK(Pattern("caf\xc3\xa9").search("a caf\xc3\xa9"));
  CHECK(Pattern("a").search("\xff\xfe a")->begin == 3);
  CHECK_THROWS_WITH_AS(Pattern("a(b"),
                       "the pattern 'a(b' is wrong at character 4: missing closing parenthesis",
                       rondo::ValueError);
  CHECK_THROWS_WITH_AS(static_cast<void>(Pattern("^(a+)+$").search(std::string(40, 'a') + "b")),
                       doctest::Contains("takes too many steps"), rondo::RuntimeError);
}

TEST_CASE("a redactor blots secrets out of streams, and holds nothing back for long") {
  Redactor redactor;
  redactor.add(rondo::ssh::Secret("secret"));
  redactor.add(rondo::ssh::Secret("secretary"));
  redactor.add(rondo::ssh::Secret(""));
  CHECK(redactor.redact("a secret secretary's") == "a ******** ********'s");
  std::string shown;
  for (const char* piece : {"a se", "cre", "t se", "at, sec", "ond"})
    shown += redactor.pass(piece);
  CHECK(shown == "a ******** seat, second");
  CHECK(redactor.pass("sec").empty());
  CHECK(redactor.finish() == "sec");
}

}  // namespace
