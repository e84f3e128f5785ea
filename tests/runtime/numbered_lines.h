#pragma once

#include <cstddef>
#include <string>

// Text in which each line, or each place, can be told from the others.

namespace rondo::test {

inline std::string line_number(int number) {
  std::string line = std::to_string(number) + ':';
  line.append(static_cast<std::size_t>(number * 37 % 300), 'x');
  if (number % 8 == 7) line.append(70'000, 'y');  // more than the buffer holds
  return line + '\n';
}

inline std::string first_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += line_number(i);
  return text;
}

/// Text in which each place looks different from those around it.
inline std::string numbers(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i)
    text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

}  // namespace rondo::test
