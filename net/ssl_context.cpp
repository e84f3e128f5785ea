#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <rondo/net/detail/openssl.h>
#include <rondo/net/ssl_context.h>
#include <rondo/runtime/file_descriptor.h>

namespace rondo {

namespace {

enum class Side : std::uint8_t { client, server };

using detail::OpensslError;
using detail::take_openssl_error;

// Mozilla's "intermediate" choice: elliptic or finite Diffie-Hellman, and nothing but AEAD.
constexpr const char* default_ciphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:!aNULL:!eNULL:!aDSS:!aPSK";

[[noreturn]] void throw_ssl_error(const std::string& what, const char* hint = "") {
  OpensslError error = take_openssl_error();
  std::string text = what;
  if (!error.reason.empty()) text += ": " + error.reason;
  throw SSLError(text + hint, std::move(error.reason));
}

/// OpenSSL's own message about a missing file names neither the file nor the reason.
void check_readable(const std::string& what, const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_os_error(errno, what + " " + path);
}

int number_of(TLSVersion version) {
  switch (version) {
    case TLSVersion::TLSv1:
      return TLS1_VERSION;
    case TLSVersion::TLSv1_1:
      return TLS1_1_VERSION;
    case TLSVersion::TLSv1_2:
      return TLS1_2_VERSION;
    case TLSVersion::TLSv1_3:
      break;
  }
  return TLS1_3_VERSION;
}

/// A password, for as long as a key file is being read.
struct Password {
  const std::string& text;
  bool asked_for = false;
};

/// Called by OpenSSL for an encrypted key; without this it would ask at the terminal.
int give_password(char* room, int size, int, void* data) {
  auto* password = static_cast<Password*>(data);
  if (password == nullptr) return -1;
  password->asked_for = true;
  const std::string& text = password->text;
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  text.copy(room, text.size());
  return static_cast<int>(text.size());
}

void load_key(SSL_CTX* context, const std::string& key_file, const std::string& password_text) {
  Password password{password_text};
  SSL_CTX_set_default_passwd_cb_userdata(context, &password);
  const int loaded = SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (loaded == 1) return;
  const std::string what = "key file " + key_file;
  if (ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH) {
    throw_ssl_error(what, " (it is not the key of that certificate)");
  }
  if (password.asked_for && password_text.empty()) {
    throw_ssl_error(what + " is encrypted, and no password was given");
  }
  throw_ssl_error(password.asked_for ? what + " cannot be opened with this password" : what);
}

/// Trusts each certificate in a PEM text; returns how many there are.
int trust_text(SSL_CTX* context, const std::string& text) {
  if (text.size() > INT_MAX) return 0;
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  int count = 0;
  for (;; ++count) {
    const std::unique_ptr<X509, void (*)(X509*)> certificate(
        PEM_read_bio_X509(bio.get(), nullptr, give_password, nullptr), X509_free);
    if (!certificate) break;
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get());
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  return at_end ? count : 0;
}

}  // namespace

class SSLContext::State {
 public:
  explicit State(Side side)
      : server_side(side == Side::server),
        context(SSL_CTX_new(server_side ? TLS_server_method() : TLS_client_method())) {
    if (context == nullptr) throw_ssl_error("OpenSSL makes no context");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_cipher_list(context, default_ciphers);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // A write may be repeated from another place in memory; an idle connection keeps no buffers.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_default_passwd_cb(context, give_password);
    // Sessions are resumed by tickets, which the clients keep.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    constexpr std::string_view session_context = "rondo";
    SSL_CTX_set_session_id_context(context,
                                   reinterpret_cast<const unsigned char*>(session_context.data()),
                                   session_context.size());
    X509_VERIFY_PARAM* const rules = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    ERR_clear_error();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { SSL_CTX_free(context); }

  static int choose_alpn(SSL*, const unsigned char** chosen, unsigned char* chosen_length,
                         const unsigned char* offered, unsigned offered_length, void* data) {
    const std::string& ours = static_cast<State*>(data)->alpn;
    unsigned char* found = nullptr;
    const int result = SSL_select_next_proto(
        &found, chosen_length, reinterpret_cast<const unsigned char*>(ours.data()),
        static_cast<unsigned>(ours.size()), offered, offered_length);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
  }

  const bool server_side;
  SSL_CTX* const context;
  VerifyMode verify_mode = VerifyMode::CERT_NONE;
  TLSVersion minimum = TLSVersion::TLSv1_2;
  TLSVersion maximum = TLSVersion::TLSv1_3;
  bool check_hostname = false;
  std::string alpn;  // as it goes over the wire: each name behind its length; of a server
};

SSLContext SSLContext::client() {
  SSLContext context(std::make_shared<State>(Side::client));
  context.check_hostname(true);
  return context;
}

SSLContext SSLContext::server() {
  return SSLContext(std::make_shared<State>(Side::server));
}

SSLContext SSLContext::server(const std::string& certificate_chain, const std::string& key_file,
                              const std::string& password) {
  SSLContext context = server();
  context.load_cert_chain(certificate_chain, key_file, password);
  return context;
}

SSLContext create_default_context() {
  SSLContext context = SSLContext::client();
  context.load_default_certs();
  return context;
}

bool SSLContext::server_side() const noexcept {
  return state_->server_side;
}

void SSLContext::load_cert_chain(const std::string& certificate_chain, const std::string& key_file,
                                 const std::string& password) const {
  const std::string& key = key_file.empty() ? certificate_chain : key_file;
  check_readable("certificate file", certificate_chain);
  check_readable("key file", key);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(state_->context, certificate_chain.c_str()) != 1) {
    throw_ssl_error("certificate file " + certificate_chain);
  }
  load_key(state_->context, key, password);
}

void SSLContext::load_verify_locations(const std::string& source) const {
  ERR_clear_error();
  if (source.find("-----BEGIN ") != std::string::npos) {
    if (trust_text(state_->context, source) == 0) {
      throw_ssl_error("trusted certificates given as text");
    }
    ERR_clear_error();
    return;
  }
  const std::string what = "trusted certificates " + source;
  check_readable("trusted certificates", source);
  struct stat status{};
  const bool is_directory = ::stat(source.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  const int loaded = is_directory ? SSL_CTX_load_verify_dir(state_->context, source.c_str())
                                  : SSL_CTX_load_verify_file(state_->context, source.c_str());
  if (loaded != 1) throw_ssl_error(what);
}

void SSLContext::load_default_certs() const {
  ERR_clear_error();
  if (SSL_CTX_set_default_verify_paths(state_->context) != 1) {
    throw_ssl_error("the system's trusted certificates");
  }
  ERR_clear_error();  // a store that is not there is not an error, yet leaves one behind
}

void SSLContext::check_hostname(bool on) const {
  if (on && server_side()) {
    throw ValueError("check_hostname is for clients: a server does not know its client's name");
  }
  state_->check_hostname = on;
  if (on && state_->verify_mode == VerifyMode::CERT_NONE) verify_mode(VerifyMode::CERT_REQUIRED);
}
bool SSLContext::check_hostname() const noexcept {
  return state_->check_hostname;
}

void SSLContext::verify_mode(VerifyMode mode) const {
  if (mode == VerifyMode::CERT_NONE && state_->check_hostname) {
    throw ValueError("verify_mode cannot be CERT_NONE while check_hostname is on");
  }
  int flags = SSL_VERIFY_NONE;
  if (mode != VerifyMode::CERT_NONE) flags = SSL_VERIFY_PEER;
  if (mode == VerifyMode::CERT_REQUIRED) flags |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(state_->context, flags, nullptr);
  state_->verify_mode = mode;
}
VerifyMode SSLContext::verify_mode() const noexcept {
  return state_->verify_mode;
}

void SSLContext::minimum_version(TLSVersion version) const {
  SSL_CTX_set_min_proto_version(state_->context, number_of(version));
  state_->minimum = version;
}
TLSVersion SSLContext::minimum_version() const noexcept {
  return state_->minimum;
}
void SSLContext::maximum_version(TLSVersion version) const {
  SSL_CTX_set_max_proto_version(state_->context, number_of(version));
  state_->maximum = version;
}
TLSVersion SSLContext::maximum_version() const noexcept {
  return state_->maximum;
}

void SSLContext::set_ciphers(const std::string& ciphers) const {
  ERR_clear_error();
  if (SSL_CTX_set_cipher_list(state_->context, ciphers.c_str()) != 1) {
    throw_ssl_error("ciphers \"" + ciphers + "\"");
  }
}
void SSLContext::set_ciphersuites(const std::string& ciphersuites) const {
  ERR_clear_error();
  if (SSL_CTX_set_ciphersuites(state_->context, ciphersuites.c_str()) != 1) {
    throw_ssl_error("cipher suites \"" + ciphersuites + "\"");
  }
}

void SSLContext::set_alpn_protocols(const std::vector<std::string>& protocols) const {
  constexpr std::size_t longest = 255;
  std::string wire;
  for (const std::string& protocol : protocols) {
    if (protocol.empty() || protocol.size() > longest) {
      throw ValueError("the name of a protocol has 1 to 255 bytes, and not " +
                       std::to_string(protocol.size()));
    }
    wire += static_cast<char>(protocol.size());
    wire += protocol;
  }
  if (server_side()) {
    state_->alpn = std::move(wire);
    SSL_CTX_set_alpn_select_cb(state_->context, protocols.empty() ? nullptr : State::choose_alpn,
                               state_.get());
    return;
  }
  SSL_CTX_set_alpn_protos(state_->context, reinterpret_cast<const unsigned char*>(wire.data()),
                          static_cast<unsigned>(wire.size()));
}

ssl_ctx_st* SSLContext::native_handle() const noexcept {
  return state_->context;
}

}  // namespace rondo
