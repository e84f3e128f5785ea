#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rondo/runtime/file_descriptor.h>
#include <rondo/ssh/detail/wildcards.h>
#include <rondo/ssh/errors.h>
#include <rondo/ssh/known_hosts.h>

namespace rondo::ssh {

namespace {

constexpr std::size_t largest_file = 16 * 1024 * 1024;  // bytes

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  // The padding counts as zero bytes; take it off again.
  const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

/// `|1|salt|hash`: the hash is the HMAC-SHA1 of the name under the salt.
bool matches_hashed(std::string_view pattern, std::string_view name) {
  pattern.remove_prefix(3);
  const std::size_t bar = pattern.find('|');
  if (bar == std::string_view::npos) return false;
  const auto salt = decode_base64(pattern.substr(0, bar));
  const auto expected = decode_base64(pattern.substr(bar + 1));
  if (!salt || !expected) return false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha1(), salt->data(), static_cast<int>(salt->size()),
       reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data(), &size);
  return std::string_view(reinterpret_cast<const char*>(digest.data()), size) == *expected;
}

/// The next word of `line`, which is taken off it.
std::string_view next_word(std::string_view& line) {
  constexpr std::string_view blanks = " \t\r";
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.push_back(lower(text.substr(0, comma)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

/// The name under which a host stands in the file: with its port unless that is 22.
std::string lookup_name_of(std::string_view host, std::uint16_t port) {
  if (port == 22) return lower(host);
  return "[" + lower(host) + "]:" + std::to_string(port);
}

}  // namespace

KnownHosts KnownHosts::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw KnownHostsError(path + ": cannot be read: " + std::strerror(errno) +
                          "; ssh-keyscan writes such a file");
  }
  std::string text;
  std::array<char, 64 * 1024> chunk{};
  while (file.read(chunk.data(), chunk.size()) || file.gcount() > 0) {
    text.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > largest_file) throw KnownHostsError(path + ": is larger than 16 MiB");
  }
  if (file.bad()) throw KnownHostsError(path + ": cannot be read");
  return parse(text, path);
}

KnownHosts KnownHosts::parse(std::string_view text, std::string path) {
  KnownHosts known;
  known.path_ = std::move(path);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));

    std::string_view word = next_word(line);
    if (word.empty() || word.front() == '#') continue;
    Entry entry{Marker::none, {}, {}, {}, number};
    if (word.front() == '@') {
      const bool revoked = word == "@revoked";
      if (!revoked && word != "@cert-authority") {
        known.skipped_lines_.push_back(number);
        continue;
      }
      entry.marker = revoked ? Marker::revoked : Marker::cert_authority;
      word = next_word(line);
    }
    // A hash is base64, in which case matters.
    entry.patterns = word.starts_with("|1|") ? std::vector<std::string>{std::string(word)}
                                             : split_at_commas(word);
    entry.key_type = next_word(line);
    const auto key = decode_base64(next_word(line));
    if (entry.patterns.empty() || !key || key_type_of(*key) != entry.key_type) {
      known.skipped_lines_.push_back(number);
      continue;
    }
    entry.key = *key;
    known.entries_.push_back(std::move(entry));
  }
  return known;
}

bool KnownHosts::names(const Entry& entry, std::string_view lookup_name) {
  bool named = false;
  for (const std::string& written : entry.patterns) {
    std::string_view pattern = written;
    if (pattern.starts_with("|1|")) return matches_hashed(pattern, lookup_name);
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    if (!detail::matches_wildcards(pattern, lookup_name)) continue;
    if (negated) return false;
    named = true;
  }
  return named;
}

KnownHosts::Answer KnownHosts::check(std::string_view host, std::uint16_t port,
                                     std::string_view key) const {
  const std::string lookup_name = lookup_name_of(host, port);
  Answer answer{Verdict::unknown, 0};
  for (const Entry& entry : entries_) {
    if (entry.marker == Marker::cert_authority || !names(entry, lookup_name)) continue;
    const bool same = entry.key == key;
    if (entry.marker == Marker::revoked) {
      if (same) return {Verdict::revoked, entry.line};
    } else if (same && answer.verdict != Verdict::trusted) {
      answer = {Verdict::trusted, entry.line};
    } else if (answer.verdict == Verdict::unknown) {
      answer = {Verdict::mismatch, entry.line};
    }
  }
  return answer;
}

std::vector<std::string> KnownHosts::key_types(std::string_view host, std::uint16_t port) const {
  const std::string lookup_name = lookup_name_of(host, port);
  std::vector<std::string> types;
  for (const Entry& entry : entries_) {
    if (entry.marker != Marker::none || !names(entry, lookup_name)) continue;
    if (std::ranges::find(types, entry.key_type) == types.end()) types.push_back(entry.key_type);
  }
  return types;
}

namespace {

/// `|1|salt|hash`, as `matches_hashed` reads it.
std::string hash_name(std::string_view name) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> salt{};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (RAND_bytes(salt.data(), salt.size()) != 1) throw KnownHostsError("no random bytes");
  HMAC(EVP_sha1(), salt.data(), salt.size(), reinterpret_cast<const unsigned char*>(name.data()),
       name.size(), digest.data(), &size);
  return "|1|" + encode_base64({reinterpret_cast<const char*>(salt.data()), salt.size()}) + "|" +
         encode_base64({reinterpret_cast<const char*>(digest.data()), size});
}

bool lacks_newline(int file) {
  const off_t size = ::lseek(file, 0, SEEK_END);
  char last = '\n';
  return size > 0 && ::pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

}  // namespace

void add_known_host(const std::string& path, std::string_view host, std::uint16_t port,
                    std::string_view key, HostNames names) {
  const auto fail = [&path](const std::string& why) {
    throw KnownHostsError(path + ": no host can be added: " + why);
  };
  const std::size_t slash = path.rfind('/');
  if (slash != std::string::npos && slash > 0) ::mkdir(path.substr(0, slash).c_str(), 0700);
  const FileDescriptor file(
      ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600));
  if (!file) fail(std::strerror(errno));
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) fail(std::strerror(errno));
  }
  const KnownHosts::Answer answer = KnownHosts::load(path).check(host, port, key);
  if (answer.verdict == KnownHosts::Verdict::trusted) return;
  if (answer.verdict != KnownHosts::Verdict::unknown)
    fail("line " + std::to_string(answer.line) + " has another key for " + std::string(host));

  const std::string name = lookup_name_of(host, port);
  std::string line = lacks_newline(file.get()) ? "\n" : "";
  line += (names == HostNames::hashed ? hash_name(name) : name) + " " + key_type_of(key) + " " +
          encode_base64(key) + "\n";
  const ssize_t written = ::write(file.get(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size()))
    fail(written < 0 ? std::strerror(errno) : "the file system is full");
}

std::string fingerprint(std::string_view key) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  std::string text = encode_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
  while (text.ends_with('='))
    text.pop_back();
  return "SHA256:" + text;
}

std::string key_type_of(std::string_view key) {
  if (key.size() < 4) return {};
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < 4; ++i)
    length = length << 8 | static_cast<unsigned char>(key[i]);
  if (length > key.size() - 4) return {};
  return std::string(key.substr(4, length));
}

}  // namespace rondo::ssh
