#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

// Secret: a password or a passphrase.
//
// It cannot be printed, compared or turned into a string by accident: the only way to its bytes is
// `reveal`, a word that is easily found in a program. Its memory is overwritten before it is given
// back. Whoever makes a Secret of a string still has that string, and it is theirs to overwrite.

namespace rondo::ssh {

class Secret {
 public:
  /// Empty.
  Secret() noexcept = default;
  /// A copy of a text: `options.password = "..."`, of a std::string or of a std::string_view.
  template <class Text>
    requires std::convertible_to<const Text&, std::string_view>
  Secret(const Text& text) : Secret(std::string_view(text), Copy()) {}  // NOLINT: by assignment
  /// A copy of a string that is not needed any more, which is overwritten.
  Secret(std::string&& text);  // NOLINT: by assignment

  Secret(const Secret& other) : Secret(other.reveal(), Copy()) {}
  Secret(Secret&& other) noexcept { swap(other); }
  /// The old bytes are overwritten.
  Secret& operator=(Secret other) noexcept {
    swap(other);
    return *this;
  }
  ~Secret();

  bool empty() const noexcept { return size_ == 0; }
  /// The bytes, with a zero behind the last one. They are good as long as this object is.
  std::string_view reveal() const noexcept { return {empty() ? "" : bytes_.get(), size_}; }

 private:
  class Copy {};
  Secret(std::string_view text, Copy);
  void swap(Secret& other) noexcept;

  std::unique_ptr<char[]> bytes_;  // null: empty
  std::size_t size_ = 0;           // without the zero at the end
};

}  // namespace rondo::ssh
