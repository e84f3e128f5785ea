#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <rondo/net/ssl_context.h>

// Certificates for tests: an authority and what it has signed, made by the `openssl` command in a
// directory that goes away with the program.

namespace rondo::test {

class Certificates {
 public:
  /// The program's one set; what is asked for is made then.
  static Certificates& get();
  /// Empty if there is an `openssl` command; otherwise why nothing of this will do.
  static std::string unavailable();

  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;
  ~Certificates();

  std::string directory() const { return directory_.string(); }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  /// The authority's certificate, and that of another one, which has the same name.
  std::string authority() { return made("ca", "", "CA:TRUE", ""); }
  std::string other_authority() { return made("other-ca", "", "CA:TRUE", ""); }

  // Files with a certificate and its key.
  std::string good();           ///< for localhost, good.example, 127.0.0.1 and ::1
  std::string of_other_name();  ///< for other.example
  std::string expired();        ///< yesterday
  std::string self_signed();    ///< for the names of `good`
  std::string by_other();       ///< for the names of `good`, signed by the other authority
  std::string of_client();      ///< signed by the authority, for no name
  /// The key of `good`, encrypted with `password`; without a certificate.
  std::string encrypted_key();
  static constexpr const char* password = "Correct-Horse-7";

 private:
  Certificates();
  std::string made(const std::string& name, const std::string& issuer, const std::string& is_ca,
                   const std::string& names);

  std::filesystem::path directory_;
};

/// Trusts the authority.
SSLContext client_context();
/// Shows a certificate: `good` unless another is named.
SSLContext server_context();
SSLContext server_context(const std::string& certificate);

}  // namespace rondo::test
