#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rondo/devices/options.h>

// Redactor: blots the secrets out of what is logged or shown. A secret that comes in pieces is held
// back until it is whole, or turns out to be something else.

namespace rondo::devices::detail {

class Redactor {
 public:
  /// Secrets are added, never taken away: a device may repeat one much later.
  void add(const ssh::Secret& secret);

  /// A whole text without the secrets.
  std::string redact(std::string_view text) const;

  /// The next piece of a stream, as far as it can be shown.
  std::string pass(std::string_view piece);
  /// The end of the stream: what was held back.
  std::string finish();

 private:
  std::size_t held_back() const noexcept;

  std::vector<ssh::Secret> secrets_;
  std::string pending_;  // of the stream: may be the beginning of a secret
};

}  // namespace rondo::devices::detail
