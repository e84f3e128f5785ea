#pragma once

#include <string>

// OpenSSL's queue of errors, as text. Only the .cpp files that speak to OpenSSL include this.

namespace rondo::detail {

/// What OpenSSL had to say about its last refusal.
struct OpensslError {
  unsigned long code = 0;  // 0: nothing
  std::string reason;      // a few words, as in "no start line"; empty: none
};

/// The first error in this thread's queue, the one that caused the others; empties the queue. A
/// call of OpenSSL that may fail should find it empty, or it is taken for its own.
OpensslError take_openssl_error();

}  // namespace rondo::detail
