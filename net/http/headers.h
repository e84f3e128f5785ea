#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Headers: the fields of a message, in their order, found by their names in whatever case.
//
// A name or a value that could end its line and begin another never gets in here, whoever it comes
// from; so nobody can smuggle a field, or a second response, into what is sent. See RFC 9110, 5.

namespace rondo::http {

class Headers {
 public:
  using Entry = std::pair<std::string, std::string>;

  Headers() = default;
  /// From pairs of names and values; throws as `add`.
  Headers(std::initializer_list<Entry> entries);

  /// Appends a field. Blanks around the value are dropped. Throws ValueError when the name is no
  /// token, or the value has a control character in it (CR, LF and NUL above all); the text does
  /// not hold the value.
  void add(std::string_view name, std::string_view value);
  /// The same instead of all fields of that name.
  void set(std::string_view name, std::string_view value);
  /// The same unless there is one of that name.
  void set_default(std::string_view name, std::string_view value);
  /// Takes all of that name out, and returns how many there were.
  std::size_t remove(std::string_view name) noexcept;

  bool contains(std::string_view name) const noexcept { return find(name) != nullptr; }
  /// The first value of that name, or `fallback`.
  std::string get(std::string_view name, std::string_view fallback = {}) const;
  /// All values of that name, in order.
  std::vector<std::string> getall(std::string_view name) const;
  /// True when one of the comma-separated words of that name's values is `word`, in whatever case:
  /// `has_word("Connection", "close")`.
  bool has_word(std::string_view name, std::string_view word) const noexcept;

  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }
  auto begin() const noexcept { return entries_.begin(); }
  auto end() const noexcept { return entries_.end(); }

 private:
  const std::string* find(std::string_view name) const noexcept;

  std::vector<Entry> entries_;
};

namespace detail {

/// Are two names the same but for the case of ASCII letters?
bool same_name(std::string_view one, std::string_view other) noexcept;
/// An ASCII letter or digit.
bool is_alphanumeric(char character) noexcept;
/// A character of a token: of a method, or of a field's name (RFC 9110, 5.6.2).
bool is_token_character(char character) noexcept;
bool is_token(std::string_view text) noexcept;
/// May a field's value hold it (RFC 9110, 5.5)?
bool is_value_character(char character) noexcept;
std::string_view trim_blanks(std::string_view text) noexcept;

}  // namespace detail

}  // namespace rondo::http
