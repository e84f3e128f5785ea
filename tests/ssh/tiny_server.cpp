#include "tiny_server.h"

#include <algorithm>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <rondo/ssh/detail/scanner.h>

namespace rondo::tests {

namespace {

using ssh::detail::Scanner;
using ssh::detail::wire_number;
using ssh::detail::wire_string;

constexpr const char* version = "SSH-2.0-tiny";
constexpr std::size_t key_size = 32;
constexpr std::size_t mac_size = 32;
constexpr std::size_t block_size = 16;

enum Message : unsigned char {
  service_request = 5,
  service_accept = 6,
  key_init = 20,
  new_keys = 21,
  ecdh_init = 30,
  ecdh_reply = 31,
  login_request = 50,
  login_failure = 51,
  login_success = 52,
  global_request = 80,
  request_success = 81,
  channel_open = 90,
  open_confirmation = 91,
  open_failure = 92,
  channel_data = 94,
  extended_data = 95,
  channel_eof = 96,
  channel_close = 97,
  channel_request = 98,
  channel_success = 99,
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
std::string letter(unsigned char type) {
  return std::string(1, static_cast<char>(type));
}

/// Its keys are no secret, and the same each time.
EVP_PKEY* own_key(int kind) {
  const std::string seed(key_size, kind == EVP_PKEY_ED25519 ? 'h' : 'x');
  return EVP_PKEY_new_raw_private_key(kind, nullptr, bytes_of(seed), seed.size());
}
EVP_PKEY* host_key() {
  static EVP_PKEY* const key = own_key(EVP_PKEY_ED25519);
  return key;
}
EVP_PKEY* exchange_key() {
  static EVP_PKEY* const key = own_key(EVP_PKEY_X25519);
  return key;
}
std::string public_part(EVP_PKEY* key) {
  std::string bytes(key_size, '\0');
  std::size_t size = bytes.size();
  EVP_PKEY_get_raw_public_key(key, bytes_of(bytes), &size);
  return bytes;
}

std::string sign(std::string_view data) {
  std::string signature(64, '\0');
  std::size_t size = signature.size();
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_DigestSignInit(context, nullptr, nullptr, nullptr, host_key());
  EVP_DigestSign(context, bytes_of(signature), &size, bytes_of(data), data.size());
  EVP_MD_CTX_free(context);
  return signature;
}

std::string shared_with(std::string_view client_key) {
  std::string secret(key_size, '\0');
  std::size_t size = secret.size();
  EVP_PKEY* const peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, bytes_of(client_key),
                                                     client_key.size());
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new(exchange_key(), nullptr);
  const bool good = peer != nullptr && EVP_PKEY_derive_init(context) == 1 &&
                    EVP_PKEY_derive_set_peer(context, peer) == 1 &&
                    EVP_PKEY_derive(context, bytes_of(secret), &size) == 1;
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(peer);
  if (!good) throw std::runtime_error("the client's key is none");
  return secret;
}

/// A positive number without leading zeros (RFC 4251, section 5).
std::string wire_mpint(std::string bytes) {
  bytes.erase(0, std::min(bytes.find_first_not_of('\0'), bytes.size()));
  if (!bytes.empty() && (bytes.front() & 0x80) != 0) bytes.insert(0, 1, '\0');
  return wire_string(bytes);
}

std::string sha256(std::string_view data) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(bytes_of(data), data.size(), bytes_of(hash));
  return hash;
}

std::string own_offer() {
  std::string offer = letter(key_init) + std::string(16, 'c');
  for (const char* names : {"curve25519-sha256", "ssh-ed25519", "aes256-ctr", "aes256-ctr",
                            "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""})
    offer += wire_string(names);
  return offer + std::string(5, '\0');
}

std::string own_key_blob() {
  return wire_string("ssh-ed25519") + wire_string(public_part(host_key()));
}

}  // namespace

struct TinyServer::Cipher {
  Cipher(const std::string& key, const std::string& start) : context(EVP_CIPHER_CTX_new()) {
    EVP_EncryptInit_ex(context, EVP_aes_256_ctr(), nullptr, bytes_of(key), bytes_of(start));
  }
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;
  ~Cipher() { EVP_CIPHER_CTX_free(context); }

  /// Either way: that is counter mode.
  void apply(char* data, std::size_t size) const {
    auto* const bytes = reinterpret_cast<unsigned char*>(data);
    int count = 0;
    EVP_EncryptUpdate(context, bytes, &count, bytes, static_cast<int>(size));
  }

  EVP_CIPHER_CTX* context;
};

TinyServer::TinyServer(std::function<Payloads(std::string_view)> answer)
    : answer_(std::move(answer)) {}

TinyServer::~TinyServer() = default;

std::string TinyServer::greeting() {
  return std::string(version) + "\r\n" + packet(own_offer());
}

std::string TinyServer::packet(std::string_view payload) {
  const std::size_t padding = 2 * block_size - (payload.size() + 5) % block_size;
  std::string whole = wire_number(static_cast<std::uint32_t>(1 + payload.size() + padding)) +
                      letter(static_cast<unsigned char>(padding));
  whole += payload;
  whole += std::string(padding, 'p');
  const std::string signed_part = wire_number(out_.sequence_number++) + whole;
  if (!out_.cipher) return whole;
  std::string mac(mac_size, '\0');
  HMAC(EVP_sha256(), out_.mac_key.data(), static_cast<int>(out_.mac_key.size()),
       bytes_of(signed_part), signed_part.size(), bytes_of(mac), nullptr);
  out_.cipher->apply(whole.data(), whole.size());
  return whole + mac;
}

// The client's MACs are not looked at.
bool TinyServer::take_packet(std::string& payload) {
  const std::size_t first = in_.cipher ? block_size : 4;
  if (received_.size() < first) return false;
  if (in_.cipher && packet_begun_ == 0) in_.cipher->apply(received_.data(), first);
  if (packet_begun_ == 0) packet_begun_ = first;
  const std::uint32_t length = Scanner(received_).number();
  if (length < 2 || length > 40'000) throw std::runtime_error("that is no packet");
  const std::size_t size = 4 + length;
  if (received_.size() < size + (in_.cipher ? mac_size : 0)) return false;
  if (in_.cipher) in_.cipher->apply(received_.data() + first, size - first);
  const auto padding = static_cast<unsigned char>(received_[4]);
  payload = received_.substr(5, length - 1 - std::min<std::size_t>(padding, length - 1));
  received_.erase(0, size + (in_.cipher ? mac_size : 0));
  packet_begun_ = 0;
  ++in_.sequence_number;
  return true;
}

std::string TinyServer::receive(std::string_view bytes) {
  received_ += bytes;
  if (client_version_.empty()) {
    const std::size_t end = received_.find("\r\n");
    if (end == std::string::npos) return {};
    client_version_ = received_.substr(0, end);
    received_.erase(0, end + 2);
  }
  std::string said;
  std::string payload;
  while (take_packet(payload))
    said += answer_to(payload);
  return said;
}

std::string TinyServer::answer_to(std::string_view payload) {
  const unsigned char type = payload.empty() ? 0 : static_cast<unsigned char>(payload.front());
  if (type == key_init) {
    client_offer_ = payload;
    return {};
  }
  if (type == ecdh_init) return exchange_keys(payload);
  if (type == new_keys) {
    in_.cipher = std::make_unique<Cipher>(derive('C'), derive('A'));
    return {};
  }
  std::string said;
  for (const std::string& one : answer_(payload))
    said += packet(one);
  return said;
}

std::string TinyServer::exchange_keys(std::string_view payload) {
  Scanner fields(payload.substr(1));
  const std::string client_key(fields.string());
  shared_secret_ = wire_mpint(shared_with(client_key));
  const std::string server_key = public_part(exchange_key());
  hash_ = sha256(wire_string(client_version_) + wire_string(version) + wire_string(client_offer_) +
                 wire_string(own_offer()) + wire_string(own_key_blob()) + wire_string(client_key) +
                 wire_string(server_key) + shared_secret_);
  const std::string signature = wire_string("ssh-ed25519") + wire_string(sign(hash_));
  std::string said = packet(letter(ecdh_reply) + wire_string(own_key_blob()) +
                            wire_string(server_key) + wire_string(signature)) +
                     packet(letter(new_keys));
  out_.cipher = std::make_unique<Cipher>(derive('D'), derive('B'));
  out_.mac_key = derive('F');
  return said;
}

std::string TinyServer::derive(char which) const {
  return sha256(shared_secret_ + hash_ + which + hash_);
}

TinyServer::Payloads polite_answers(std::string_view payload) {
  Scanner fields(payload);
  const unsigned char type = fields.byte();
  if (type == service_request) return {letter(service_accept) + wire_string(fields.string())};
  if (type == login_request) {
    fields.string();
    fields.string();
    if (fields.string() == "password") return {letter(login_success)};
    return {letter(login_failure) + wire_string("password") + letter(0)};
  }
  if (type == global_request) {
    fields.string();
    if (fields.byte() == 0) return {};
    return {letter(request_success) + wire_number(4711)};
  }
  if (type == channel_open) {
    const std::string_view kind = fields.string();
    const std::string number = wire_number(fields.number());  // ours is the same
    if (kind == "session" || kind == "direct-tcpip")
      return {letter(open_confirmation) + number + number + wire_number(1 << 20) +
              wire_number(32'768)};
    return {letter(open_failure) + number + wire_number(3) + wire_string("no") + wire_string("")};
  }
  if (type != channel_request) return {};
  const std::string number = wire_number(fields.number());
  const std::string_view what = fields.string();
  TinyServer::Payloads answers;
  if (fields.byte() != 0) answers.push_back(letter(channel_success) + number);
  if (what == "exec" || what == "shell") {
    answers.push_back(letter(channel_data) + number + wire_string("some output\n"));
    answers.push_back(letter(extended_data) + number + wire_number(1) + wire_string("an error\n"));
    answers.push_back(letter(channel_request) + number + wire_string("exit-status") + letter(0) +
                      wire_number(3));
    answers.push_back(letter(channel_eof) + number);
    answers.push_back(letter(channel_close) + number);
  }
  return answers;
}

}  // namespace rondo::tests
