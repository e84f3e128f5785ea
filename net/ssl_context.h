#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <rondo/net/ssl_error.h>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

// SSLContext: what one side of a TLS connection trusts, shows and insists on. One context serves
// any number of connections. This is Python's ssl.SSLContext, over OpenSSL.
//
// The defaults are safe: TLS 1.2 or 1.3; only cipher suites with forward secrecy and authenticated
// encryption; a client checks the server's certificate and its name. Session keys are written
// nowhere: SSLKEYLOGFILE is not looked at.

namespace rondo {

/// Must the peer show a certificate that can be traced to a trusted one?
enum class VerifyMode : std::uint8_t {
  CERT_NONE,      ///< no. A client then talks to whoever answers, and may be eavesdropped on
  CERT_OPTIONAL,  ///< if it shows one, it must be good; for servers
  CERT_REQUIRED,  ///< yes
};

enum class TLSVersion : std::uint8_t { TLSv1, TLSv1_1, TLSv1_2, TLSv1_3 };

/// A cheap handle; copies mean the same context. Set it up first: what is changed later holds for
/// the connections that begin afterwards. Once set up it may be used by the loops of several
/// threads. The methods that read files block; call them before the loop runs, or by `to_thread`.
class SSLContext {
 public:
  /// For the client's side: verify_mode CERT_REQUIRED, check_hostname on, nobody trusted yet. See
  /// `create_default_context`.
  static SSLContext client();
  /// For the server's side, without a certificate yet; clients are not asked for theirs.
  static SSLContext server();
  /// The same with `load_cert_chain`.
  static SSLContext server(const std::string& certificate_chain, const std::string& key_file = {},
                           const std::string& password = {});

  /// Is it for the server's side?
  bool server_side() const noexcept;

  /// What this side shows of itself: a PEM file with its certificate, followed by those that lead
  /// to the root, and one with the private key (none: it is in the same file). A client needs this
  /// only where the server asks for it (mutual TLS). `password` opens an encrypted key; nobody is
  /// ever asked for one at the terminal. Throws OSError when a file cannot be read, SSLError when
  /// it holds something else, the password is wrong or the key belongs to another certificate.
  void load_cert_chain(const std::string& certificate_chain, const std::string& key_file = {},
                       const std::string& password = {}) const;

  /// Trusts more certificates: those of a PEM file, those of a directory (named by hash, as
  /// `openssl rehash` does it; read when they are needed), or those in `source` itself if it is PEM
  /// text. A trusted certificate need not be a root: a device's own, self-signed one will do.
  /// Throws OSError when it cannot be read, SSLError when there is no certificate in it.
  void load_verify_locations(const std::string& source) const;
  /// Trusts whom the system trusts: OpenSSL's default file and directory, or what the environment's
  /// SSL_CERT_FILE and SSL_CERT_DIR name.
  void load_default_certs() const;

  /// Must the peer's certificate be for the name that was connected to (RFC 6125; no wildcards for
  /// a part of a label)? Switched on, verify_mode becomes CERT_REQUIRED unless it was
  /// CERT_OPTIONAL. Throws ValueError for a server's context.
  void check_hostname(bool on) const;
  bool check_hostname() const noexcept;

  /// Throws ValueError for CERT_NONE while check_hostname is on: switch that off first.
  void verify_mode(VerifyMode mode) const;
  VerifyMode verify_mode() const noexcept;

  /// The oldest and the newest version that will do; TLSv1_2 and TLSv1_3 unless set. What is older
  /// is broken; a device that knows nothing else also needs `set_ciphers("DEFAULT@SECLEVEL=0")`.
  void minimum_version(TLSVersion version) const;
  TLSVersion minimum_version() const noexcept;
  void maximum_version(TLSVersion version) const;
  TLSVersion maximum_version() const noexcept;

  /// The cipher suites of TLS 1.2 and before, in the words of ciphers(1). Throws SSLError when none
  /// of them is known.
  void set_ciphers(const std::string& ciphers) const;
  /// Those of TLS 1.3, as "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256".
  void set_ciphersuites(const std::string& ciphersuites) const;

  /// The protocols to be spoken inside, as {"h2", "http/1.1"}, best first (ALPN, RFC 7301). The
  /// server chooses; with none in common the connection goes on without. get_extra_info("alpn")
  /// tells. Throws ValueError for a name that is empty or longer than 255 bytes.
  void set_alpn_protocols(const std::vector<std::string>& protocols) const;

  /// OpenSSL's own, for what is not here; it lives as long as this.
  ssl_ctx_st* native_handle() const noexcept;

 private:
  class State;
  explicit SSLContext(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

/// A context for clients that trusts whom the system trusts. See ssl.create_default_context.
SSLContext create_default_context();

}  // namespace rondo
