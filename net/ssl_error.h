#pragma once

#include <string>

#include <rondo/runtime/errors.h>

// What can go wrong with TLS, under the names of Python's ssl module.
//
// Each is an OSError, so that `catch (const OSError&)` takes a network that does not work, whatever
// the layer. A handshake that takes too long is a TimeoutError, and a peer that hangs up in the
// middle of one a ConnectionResetError.

namespace rondo {

/// TLS refuses: the text names the peer or the file, the reason that OpenSSL gives, and the way out
/// where there is one. Keys and passwords are never in it.
class SSLError : public OSError {
 public:
  /// `text` is what `what()` returns; `reason` is OpenSSL's own word.
  SSLError(std::string text, std::string reason);

  const char* what() const noexcept override { return text_.c_str(); }
  /// OpenSSL's reason alone, as in "tlsv1 alert unknown ca"; empty where it gave none.
  const std::string& reason() const noexcept { return reason_; }

 private:
  std::string text_;
  std::string reason_;
};

/// The peer's certificate is not to be trusted, or not for this name. Nothing was sent to it but
/// the handshake.
class SSLCertVerificationError : public SSLError {
 public:
  SSLCertVerificationError(std::string text, std::string verify_message, int verify_code)
      : SSLError(std::move(text), std::move(verify_message)), verify_code_(verify_code) {}

  /// Why, as in "certificate has expired".
  const std::string& verify_message() const noexcept { return reason(); }
  /// The same as a number, X509_V_ERR_... of OpenSSL.
  int verify_code() const noexcept { return verify_code_; }

 private:
  int verify_code_;
};

/// The connection ended without TLS's farewell (close_notify): what came may be cut short, by the
/// peer's fault or by somebody's will.
class SSLEOFError : public SSLError {
 public:
  using SSLError::SSLError;
};

}  // namespace rondo
