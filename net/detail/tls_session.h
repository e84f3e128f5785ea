#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <rondo/net/ssl_context.h>
#include <rondo/runtime/detail/byte_buffer.h>

struct bio_st;  // OpenSSL's BIO
struct ssl_st;  // OpenSSL's SSL

namespace rondo::detail {

/// One side of a TLS connection as a machine without I/O: what came over the wire goes into
/// `incoming`, what is to go over it is found in `outgoing` after each call, and everything in
/// between is OpenSSL's. The only place, with SSLContext, that speaks to OpenSSL.
class TlsSession {
 public:
  enum class Outcome : std::uint8_t {
    done,         ///< as asked
    wants_input,  ///< not before more has come
    closed,       ///< the peer has said its farewell, and sends no more
    failed,       ///< for good; `error` says why
  };

  /// A client calls itself by nothing and its server `server_hostname`: by that name it asks for it
  /// (SNI), and for that name its certificate must be, if the context says so. Throws ValueError
  /// when the context wants a name and there is none, or it has other letters than ASCII.
  TlsSession(const SSLContext& context, const std::string& server_hostname);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  /// Room for bytes from the wire; it stays in place until they are committed.
  std::span<char> get_buffer();
  void buffer_updated(std::size_t count);
  void feed(std::string_view bytes);
  /// Could `read` have something, or go on with something? If not, it would want input.
  bool has_input() const noexcept;
  /// For the wire.
  ByteBuffer& outgoing() noexcept { return outgoing_; }

  Outcome handshake();
  /// Some bytes, at least one; `count` says how many.
  Outcome read(std::span<char> room, std::size_t& count);
  /// Takes some of the bytes, a record's fill at the most. After `wants_input` it must be called
  /// with the same bytes again, or more.
  Outcome write(std::string_view bytes, std::size_t& count);
  /// Says farewell (close_notify). What the peer sends until its own can still be read.
  void say_farewell();

  /// After `failed`: an exception for people; `peer` is the peer's name.
  std::exception_ptr error(const std::string& peer) const;
  /// How a handshake that was given up looked: did what came begin as TLS does?
  bool peer_speaks_tls() const noexcept;
  /// What else a peer is that does not, as " but plain HTTP"; empty when it cannot be told.
  std::string what_peer_speaks() const;

  // After the handshake.
  std::string version() const;                  ///< "TLSv1.3"
  std::string cipher() const;                   ///< "TLS_AES_256_GCM_SHA384"
  std::string alpn() const;                     ///< the chosen protocol; empty for none
  std::string peer_certificate() const;         ///< as PEM; empty for none
  std::string peer_certificate_digest() const;  ///< its SHA-256, in hexadecimal; empty for none
  const std::string& server_hostname() const noexcept { return server_hostname_; }

 private:
  struct Wire;  // the functions by which OpenSSL reaches the two buffers

  Outcome outcome_of(int result);
  std::exception_ptr handshake_error(const std::string& text) const;

  const SSLContext context_;           // OpenSSL's callbacks point into it
  const std::string server_hostname_;  // empty: none; without a dot at its end
  ssl_st* ssl_ = nullptr;
  ByteBuffer incoming_;  // not yet taken by OpenSSL
  ByteBuffer outgoing_;
  std::size_t next_room_;    // bytes to offer; grows while they are filled
  std::size_t offered_ = 0;  // bytes offered last
  std::string first_bytes_;  // the first few that came
  bool handshaken_ = false;
  unsigned long failure_ = 0;  // OpenSSL's code
  std::string reason_;         // and its words
};

}  // namespace rondo::detail
