#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rondo/runtime/file_descriptor.h>
#include <rondo/ssh/detail/private_key.h>
#include <rondo/ssh/detail/scanner.h>
#include <rondo/ssh/errors.h>
#include <rondo/ssh/known_hosts.h>

namespace rondo::ssh::detail {

namespace {

constexpr std::size_t largest_key_file = 64 * 1024;  // bytes

Secret read_key_file(const std::string& path) {
  // Not to wait for somebody to write into a pipe that stands there.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0)
    throw KeyImportError(path + ": cannot be read: " + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) throw KeyImportError(path + ": is no file");
  std::string text(largest_key_file + 1, '\0');
  const ssize_t count = ::read(file.get(), text.data(), text.size());
  if (count < 0) throw KeyImportError(path + ": cannot be read: " + std::strerror(errno));
  const auto size = static_cast<std::size_t>(count);
  const Secret secret(std::string_view(text).substr(0, size));
  explicit_bzero(text.data(), text.size());
  if (size > largest_key_file) throw KeyImportError(path + ": is too large for a private key");
  return secret;
}

/// What stands between the two lines of a PEM file, decoded; empty when it is broken.
Secret decode_body(std::string_view body) {
  std::string bytes(body.size(), '\0');
  EVP_ENCODE_CTX* const decoder = EVP_ENCODE_CTX_new();
  EVP_DecodeInit(decoder);
  int size = 0;
  const int result = EVP_DecodeUpdate(decoder, reinterpret_cast<unsigned char*>(bytes.data()),
                                      &size, reinterpret_cast<const unsigned char*>(body.data()),
                                      static_cast<int>(body.size()));
  EVP_ENCODE_CTX_free(decoder);
  const Secret secret(
      std::string_view(bytes).substr(0, result < 0 ? 0 : static_cast<std::size_t>(size)));
  explicit_bzero(bytes.data(), bytes.size());
  return secret;
}

/// The header of OpenSSH's own format is in the clear: the cipher, and the public key.
void look_into_openssh_key(PrivateKey& key, std::string_view body) {
  constexpr std::string_view magic("openssh-key-v1\0", 15);
  const Secret bytes = decode_body(body);
  Scanner scanner(bytes.reveal());
  const bool known = scanner.take(magic.size()) == magic;
  key.encrypted = scanner.string() != "none";
  scanner.string();  // how the key is made of the passphrase
  scanner.string();
  scanner.number();
  key.rsa = key_type_of(scanner.string()) == "ssh-rsa";
  if (!known || scanner.bad()) throw KeyImportError(key.path + ": is a broken private key");
}

}  // namespace

PrivateKey PrivateKey::load(const std::string& path) {
  constexpr std::string_view begin = "-----BEGIN ";
  constexpr std::string_view end = "PRIVATE KEY-----";
  PrivateKey key;
  key.path = path;
  key.text = read_key_file(path);
  const std::string_view text = key.text.reveal();
  const std::size_t start = text.find(begin);
  const std::size_t kind_begin = start + begin.size();
  const std::size_t kind_end = start == text.npos ? text.npos : text.find(end, kind_begin);
  if (kind_end == text.npos) {
    throw KeyImportError(path +
                         ": is no private key in OpenSSH's format or PEM; the file without "
                         ".pub is the private one");
  }
  const std::string_view kind = text.substr(kind_begin, kind_end - kind_begin);
  if (kind == "OPENSSH ") {
    const std::size_t body = kind_end + end.size();
    look_into_openssh_key(key, text.substr(body, text.find("-----END", body) - body));
  } else {
    key.rsa = kind == "RSA ";
    key.encrypted = kind == "ENCRYPTED " || text.find("Proc-Type: 4,ENCRYPTED") != text.npos;
  }
  return key;
}

}  // namespace rondo::ssh::detail
