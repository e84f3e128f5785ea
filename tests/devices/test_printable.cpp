#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/devices/printable.h>

// What may go to a terminal or into a log, whatever a device has sent.

namespace {

using namespace std::string_literals;
using rondo::devices::printable;
using rondo::devices::PrintableStream;

const std::vector<std::pair<std::string, std::string>> texts = {
    {"", ""},
    {"a line\nanother\tone\r\n", "a line\nanother\tone\r\n"},
    {"grüße €  𝄞", "grüße €  𝄞"},
    // Clears the screen, sets the title, writes to the clipboard.
    {"\x1b[2J", "\\x1b[2J"},
    {"\x1b]0;mine\a", "\\x1b]0;mine\\x07"},
    {"\x1b]52;c;cm0gLXJm\x1b\\", "\\x1b]52;c;cm0gLXJm\\x1b\\"},
    // What stood in the line would be covered.
    {"3 errors\r2026-01-01 all is well", "3 errors\\x0d2026-01-01 all is well"},
    {"1\b2\x7f\0"s, "1\\x082\\x7f\\x00"},
    {"\xc2\x9b"
     "31m",
     "\\xc2\\x9b31m"},  // CSI as one character
    {"\xc2\xa0", "\xc2\xa0"},
    {"\x9b"
     "31m\xff",
     "\\x9b31m\\xff"},
    {"\xc0\x9b \xe0\x82\x9b \xf0\x80\x82\x9b", "\\xc0\\x9b \\xe0\\x82\\x9b \\xf0\\x80\\x82\\x9b"},
    {"\xed\xa0\x80 \xf4\x90\x80\x80", "\\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80"},
    {"\xe2\x82", "\\xe2\\x82"},
    {"\xe2\x82\x1b", "\\xe2\\x82\\x1b"},
};

}  // namespace

TEST_CASE("[fault 75] what a device says cannot command a terminal, nor hide a line of a log") {
  for (const auto& [said, shown] : texts) {
    CAPTURE(shown);
    CHECK(printable(said) == shown);
    CHECK(printable(shown) == shown);
  }
}

TEST_CASE("[fault 75] a stream is made printable whatever pieces it comes in") {
  for (const auto& [said, shown] : texts) {
    CAPTURE(shown);
    for (std::size_t size = 1; size <= said.size(); ++size) {
      PrintableStream stream;
      std::string all;
      for (std::size_t at = 0; at < said.size(); at += size)
        all += stream.pass(std::string_view(said).substr(at, size));
      all += stream.pass("\n");  // so that nothing is held back
      CHECK(all == shown + "\n");
    }
  }
}
