#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Screen: what a device shows, as text.
//
// A device writes for a terminal: it goes back with backspaces and returns to write over what
// stands there, erases lines, colours words. The screen does what a terminal would, for the line
// that is being written, and keeps the lines above it: so a `--More--` that the device wipes away
// is away, and a prompt that is drawn twice over itself stands there once. Runs of plain text are
// appended in one piece, which keeps long output cheap.

namespace rondo::devices::detail {

class Screen {
 public:
  /// Bytes, cut wherever the network cut them.
  void feed(std::string_view bytes);

  /// Lines with "\n" between them; the cursor is on the last one.
  const std::string& text() const noexcept { return text_; }
  /// The last line.
  std::string_view line() const noexcept { return std::string_view(text_).substr(line_begin_); }
  /// How many lines have ended since `clear`.
  std::size_t newlines() const noexcept { return newlines_; }

  /// Forgets the text. What is half-way through a control sequence goes on.
  void clear() noexcept;
  /// Takes the text out.
  std::string take() noexcept;
  /// Removes the end of the text, from `begin` on; the cursor is there then.
  void cut(std::size_t begin);

 private:
  // | state     | ESC    | [        | ]      | a final byte  | others           |
  // |-----------|--------|----------|--------|---------------|------------------|
  // | text      | escape | shown    | shown  | shown         | shown            |
  // | escape    | escape | sequence | string | text          | charset: ( ) # % |
  // | sequence  | escape |          |        | text, obeyed  | collected        |
  // | string    | escape |          |        | text, at BEL  | dropped          |
  // | charset   | text   | text     | text   | text          | text             |
  enum class State : std::uint8_t { text, escape, sequence, string, charset };

  void show(std::string_view run);
  void control(char byte);
  void obey(char final);
  void move_to(std::size_t column);
  void new_line();
  std::size_t parameter(std::size_t index, std::size_t otherwise) const;

  std::string text_;
  std::size_t line_begin_ = 0;  // of the last line, in text_
  std::size_t cursor_ = 0;      // in text_, from line_begin_ to its end
  std::size_t newlines_ = 0;
  std::size_t row_ = 0;  // where a sequence has put the cursor last; 0: none has
  State state_ = State::text;
  std::string parameters_;  // of the sequence that is being read
};

}  // namespace rondo::devices::detail
