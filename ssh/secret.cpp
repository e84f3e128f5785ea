#include <cstring>
#include <utility>

#include <rondo/ssh/secret.h>

namespace rondo::ssh {

Secret::Secret(std::string_view text, Copy) {
  if (text.empty()) return;
  bytes_ = std::make_unique<char[]>(text.size() + 1);
  std::memcpy(bytes_.get(), text.data(), text.size());
  size_ = text.size();
}

Secret::Secret(std::string&& text) : Secret(std::string_view(text), Copy()) {
  explicit_bzero(text.data(), text.size());
  text.clear();
}

Secret::~Secret() {
  if (bytes_) explicit_bzero(bytes_.get(), size_);
}

void Secret::swap(Secret& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
}

}  // namespace rondo::ssh
