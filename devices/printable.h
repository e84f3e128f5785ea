#pragma once

#include <string>
#include <string_view>

// What a device says may hold more than text: ESC and its like command the terminal that shows it
// or, later, the log. Here such bytes become text.

namespace rondo::devices {

/// `text` with each control character as `\x1b`, C1 and a return that ends no line among them.
/// Line ends and tabs stay, and so do the characters of UTF-8; bytes that are none become `\xff`.
std::string printable(std::string_view text);

/// The same for a stream in pieces: a character may be cut.
class PrintableStream {
 public:
  /// The next piece, as far as it is known what it is.
  std::string pass(std::string_view piece);

 private:
  std::string pending_;  // the beginning of a character
};

}  // namespace rondo::devices
