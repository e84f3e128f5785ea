#pragma once

// LeakSanitizer's, where it is at work.
extern "C" [[gnu::weak]] void __lsan_disable();
extern "C" [[gnu::weak]] void __lsan_enable();

namespace rondo::tests {

/// What is allocated while one of these lives is not looked at. libssh2 1.10 forgets, in libcrypto,
/// the server's public key (some 370 bytes) when a handshake with curve25519 fails after it was
/// read, and numbers of an ECDSA key (some 40 bytes each) that it reads from OpenSSH's format.
class LeaksOfLibssh2 {
 public:
  LeaksOfLibssh2() {
    if (__lsan_disable != nullptr) __lsan_disable();
  }
  LeaksOfLibssh2(const LeaksOfLibssh2&) = delete;
  LeaksOfLibssh2& operator=(const LeaksOfLibssh2&) = delete;
  ~LeaksOfLibssh2() {
    if (__lsan_enable != nullptr) __lsan_enable();
  }
};

}  // namespace rondo::tests
