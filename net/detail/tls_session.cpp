#include <algorithm>
#include <utility>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <rondo/net/detail/openssl.h>
#include <rondo/net/detail/tls_session.h>
#include <rondo/net/ssl_error.h>

namespace rondo::detail {

namespace {

constexpr std::size_t smallest_room = 4 * 1024;
constexpr std::size_t largest_room = 64 * 1024;
constexpr std::size_t first_bytes_kept = 8;

bool is_address(const std::string& host) {
  unsigned char room[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), room) == 1 ||
         inet_pton(AF_INET6, host.c_str(), room) == 1;
}

/// As certificates and SNI have it: without the root's dot.
std::string plain_name(std::string host) {
  if (host.ends_with('.')) host.pop_back();
  const bool ascii = std::ranges::all_of(host, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (!ascii) {
    throw ValueError("server_hostname has other letters than ASCII; write it as xn--...");
  }
  return host;
}

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(length)};
}

using Certificate = std::unique_ptr<X509, void (*)(X509*)>;

Certificate certificate_of_peer(const SSL* ssl) {
  return {SSL_get1_peer_certificate(ssl), X509_free};
}

/// What to do about it, where that is not plain from the reason.
const char* advice_for_certificate(long code) {
  switch (code) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return " (if you know it, trust it or its issuer by SSLContext::load_verify_locations)";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return " (or the clock of this machine is wrong)";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return " (TlsOptions::server_hostname may give the name that the certificate is for)";
    default:
      return "";
  }
}

const char* advice_for_handshake(int reason) {
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return " (no common version of TLS: see SSLContext::minimum_version)";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return " (it wants a client's certificate: SSLContext::load_cert_chain)";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
      return " (it does not trust our certificate)";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return " (this side insists on one: SSLContext::verify_mode)";
    default:
      return "";
  }
}

}  // namespace

/// OpenSSL's way to the buffers: a BIO of our own, so that nothing is copied in between.
struct TlsSession::Wire {
  static int read(BIO* bio, char* room, int size) {
    auto* session = static_cast<TlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    ByteBuffer& from = session->incoming_;
    if (from.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t count = std::min(from.size(), static_cast<std::size_t>(size));
    std::ranges::copy(from.view().substr(0, count), room);
    from.consume(count);
    return static_cast<int>(count);
  }

  // No exception may pass through OpenSSL.
  static int write(BIO* bio, const char* bytes, int size) noexcept try {
    auto* session = static_cast<TlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    session->outgoing_.append({bytes, static_cast<std::size_t>(size)});
    return size;
  } catch (...) {
    return -1;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO* make(TlsSession* session) {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rondo");
      BIO_meth_set_read(made, read);
      BIO_meth_set_write(made, write);
      BIO_meth_set_ctrl(made, control);
      return made;
    }();
    BIO* const bio = BIO_new(method);
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, session);
    BIO_set_init(bio, 1);
    return bio;
  }
};

TlsSession::TlsSession(const SSLContext& context, const std::string& server_hostname)
    : context_(context),
      server_hostname_(plain_name(context.server_side() ? std::string() : server_hostname)),
      next_room_(smallest_room) {
  if (context.check_hostname() && server_hostname_.empty()) {
    throw ValueError("check_hostname needs TlsOptions::server_hostname, the name to check");
  }
  ERR_clear_error();
  std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.native_handle()), SSL_free);
  BIO* const wire = ssl ? Wire::make(this) : nullptr;
  if (wire == nullptr) {
    const OpensslError error = take_openssl_error();
    throw SSLError("OpenSSL makes no connection: " + error.reason, error.reason);
  }
  SSL_set_bio(ssl.get(), wire, wire);
  bool named = true;
  if (context.server_side()) {
    SSL_set_accept_state(ssl.get());
  } else {
    SSL_set_connect_state(ssl.get());
    const bool address = is_address(server_hostname_);
    // An address is no name to ask for (RFC 6066, 3).
    if (!server_hostname_.empty() && !address) {
      named = SSL_set_tlsext_host_name(ssl.get(), server_hostname_.c_str()) == 1;
    }
    if (context.check_hostname() && named) {
      X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl.get());
      named = (address ? X509_VERIFY_PARAM_set1_ip_asc(rules, server_hostname_.c_str())
                       : X509_VERIFY_PARAM_set1_host(rules, server_hostname_.c_str(), 0)) == 1;
    }
  }
  if (!named) throw ValueError("\"" + server_hostname_ + "\" is no name for a server");
  ssl_ = ssl.release();
}

TlsSession::~TlsSession() {
  SSL_free(ssl_);
}

std::span<char> TlsSession::get_buffer() {
  const std::span<char> room = incoming_.prepare(next_room_);
  offered_ = room.size();
  return room;
}

void TlsSession::buffer_updated(std::size_t count) {
  if (count == offered_) next_room_ = std::min(2 * next_room_, largest_room);
  incoming_.commit(count);
  if (first_bytes_.size() < first_bytes_kept) {
    const std::string_view bytes = incoming_.view().substr(incoming_.size() - count);
    first_bytes_ += bytes.substr(0, first_bytes_kept - first_bytes_.size());
  }
}

void TlsSession::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> room = get_buffer();
    const std::size_t count = std::min(room.size(), bytes.size());
    std::ranges::copy(bytes.substr(0, count), room.begin());
    buffer_updated(count);
    bytes.remove_prefix(count);
  }
}

bool TlsSession::has_input() const noexcept {
  return !incoming_.empty() || SSL_has_pending(ssl_) == 1;
}

TlsSession::Outcome TlsSession::outcome_of(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_NONE:
      return Outcome::done;
    case SSL_ERROR_WANT_READ:
      return Outcome::wants_input;
    case SSL_ERROR_ZERO_RETURN:
      return Outcome::closed;
    default:
      break;
  }
  OpensslError error = take_openssl_error();
  failure_ = error.code;
  reason_ = error.reason.empty() ? "OpenSSL gives no reason" : std::move(error.reason);
  return Outcome::failed;
}

TlsSession::Outcome TlsSession::handshake() {
  ERR_clear_error();
  const Outcome outcome = outcome_of(SSL_do_handshake(ssl_));
  handshaken_ = outcome == Outcome::done;
  return outcome;
}

TlsSession::Outcome TlsSession::read(std::span<char> room, std::size_t& count) {
  ERR_clear_error();
  count = 0;
  return outcome_of(SSL_read_ex(ssl_, room.data(), room.size(), &count));
}

TlsSession::Outcome TlsSession::write(std::string_view bytes, std::size_t& count) {
  ERR_clear_error();
  count = 0;
  return outcome_of(SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count));
}

void TlsSession::say_farewell() {
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

bool TlsSession::peer_speaks_tls() const noexcept {
  // The type of a record: alert or handshake, the only ones that a connection may begin with.
  constexpr char alert = 21;
  constexpr char handshake = 22;
  return first_bytes_.empty() || first_bytes_[0] == alert || first_bytes_[0] == handshake;
}

std::string TlsSession::what_peer_speaks() const {
  const auto begins = [this](std::string_view word) { return first_bytes_.starts_with(word); };
  if (begins("SSH-")) return " but SSH";
  if (begins("HTTP/") || begins("GET ") || begins("POST ") || begins("PUT ") || begins("HEAD ") ||
      begins("CONNECT ")) {
    return " but plain HTTP";
  }
  if (begins("220") || begins("* OK") || begins("+OK")) {
    return " but greets in plain text; perhaps it begins TLS later, see start_tls";
  }
  return "";
}

std::exception_ptr TlsSession::error(const std::string& peer) const {
  const std::string text = (handshaken_ ? "TLS connection with " : "TLS handshake with ") + peer;
  if (!handshaken_) return handshake_error(text);
  return std::make_exception_ptr(
      SSLError(text + ": " + reason_ + advice_for_handshake(ERR_GET_REASON(failure_)), reason_));
}

std::exception_ptr TlsSession::handshake_error(const std::string& text) const {
  if (!peer_speaks_tls()) {
    return std::make_exception_ptr(
        SSLError(text + ": the peer does not speak TLS" + what_peer_speaks(), reason_));
  }
  const long verified = SSL_get_verify_result(ssl_);
  if (ERR_GET_REASON(failure_) != SSL_R_CERTIFICATE_VERIFY_FAILED || verified == X509_V_OK) {
    return std::make_exception_ptr(
        SSLError(text + ": " + reason_ + advice_for_handshake(ERR_GET_REASON(failure_)), reason_));
  }
  std::string why = X509_verify_cert_error_string(verified);
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    why += ", certificate is not valid for '" + server_hostname_ + "'";
  }
  const std::string told = text + ": its certificate is refused: " + why;
  return std::make_exception_ptr(SSLCertVerificationError(
      told + advice_for_certificate(verified), std::move(why), static_cast<int>(verified)));
}

std::string TlsSession::version() const {
  return SSL_get_version(ssl_);
}

std::string TlsSession::cipher() const {
  return SSL_get_cipher_name(ssl_);
}

std::string TlsSession::alpn() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl_, &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

std::string TlsSession::peer_certificate() const {
  const Certificate certificate = certificate_of_peer(ssl_);
  if (!certificate) return "";
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
  if (!bio || PEM_write_bio_X509(bio.get(), certificate.get()) != 1) return "";
  return text_of(bio.get());
}

std::string TlsSession::peer_certificate_digest() const {
  const Certificate certificate = certificate_of_peer(ssl_);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (!certificate || X509_digest(certificate.get(), EVP_sha256(), digest, &length) != 1) return "";
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : std::span(digest, length)) {
    text += digits[byte / 16];
    text += digits[byte % 16];
  }
  return text;
}

}  // namespace rondo::detail
