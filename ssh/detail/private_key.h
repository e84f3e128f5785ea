#pragma once

#include <string>

#include <rondo/ssh/secret.h>

namespace rondo::ssh::detail {

/// A private key as its file has it. libssh2 makes the key of it; this says what it is, since
/// libssh2's errors do not.
class PrivateKey {
 public:
  /// Reads a file of at most 64 KiB. Throws KeyImportError for what is no private key.
  static PrivateKey load(const std::string& path);

  std::string path;
  Secret text;
  bool encrypted = false;  // there is nothing to do without the passphrase
  bool rsa = false;
};

}  // namespace rondo::ssh::detail
