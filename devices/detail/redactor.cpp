#include <algorithm>
#include <utility>

#include <rondo/devices/detail/redactor.h>

namespace rondo::devices::detail {

namespace {

constexpr std::string_view blot = "********";

}  // namespace

void Redactor::add(const ssh::Secret& secret) {
  const bool known = std::ranges::any_of(
      secrets_, [&secret](const ssh::Secret& other) { return other.reveal() == secret.reveal(); });
  if (secret.empty() || known) return;
  secrets_.push_back(secret);
  // Longest first: one may be a part of another.
  std::ranges::sort(secrets_, std::ranges::greater(),
                    [](const ssh::Secret& one) { return one.reveal().size(); });
}

std::string Redactor::redact(std::string_view text) const {
  std::string shown(text);
  for (const ssh::Secret& secret : secrets_) {
    const std::string_view hidden = secret.reveal();
    for (std::size_t at = shown.find(hidden); at != std::string::npos;
         at = shown.find(hidden, at + blot.size())) {
      shown.replace(at, hidden.size(), blot);
    }
  }
  return shown;
}

std::string Redactor::pass(std::string_view piece) {
  pending_ = redact(pending_ + std::string(piece));
  const std::size_t shown = pending_.size() - held_back();
  std::string text = pending_.substr(0, shown);
  pending_.erase(0, shown);
  return text;
}

std::string Redactor::finish() {
  return std::exchange(pending_, {});
}

/// How many bytes at the end are the beginning of a secret.
std::size_t Redactor::held_back() const noexcept {
  std::size_t longest = 0;
  for (const ssh::Secret& secret : secrets_) {
    const std::string_view hidden = secret.reveal();
    for (std::size_t size = std::min(hidden.size() - 1, pending_.size()); size > longest; --size) {
      if (pending_.ends_with(hidden.substr(0, size))) longest = size;
    }
  }
  return longest;
}

}  // namespace rondo::devices::detail
