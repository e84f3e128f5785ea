#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/ssh/errors.h>
#include <rondo/ssh/known_hosts.h>

#include "sshd.h"

namespace rondo::ssh {

namespace {

using Verdict = KnownHosts::Verdict;

constexpr const char* ed25519_a =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
constexpr const char* ed25519_b =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP/+/fz7+vn49/b19PPy8fDv7u3s6+rp6Ofm5eTj4uHg";

/// The blob of the key that begins with the wire form of "ssh-ed25519" and holds 0, 1, 2…
std::string blob_a() {
  std::string blob("\0\0\0\x0bssh-ed25519\0\0\0\x20", 19);
  for (int i = 0; i < 32; ++i)
    blob += static_cast<char>(i);
  return blob;
}
std::string blob_b() {
  std::string blob("\0\0\0\x0bssh-ed25519\0\0\0\x20", 19);
  for (int i = 0; i < 32; ++i)
    blob += static_cast<char>(255 - i);
  return blob;
}

KnownHosts known(const std::string& text) {
  return KnownHosts::parse(text, "known_hosts");
}

Verdict verdict(const std::string& text, const std::string& host, std::uint16_t port = 22) {
  return known(text).check(host, port, blob_a()).verdict;
}

std::string entry(const std::string& patterns, const char* key = ed25519_a) {
  return patterns + " " + key + "\n";
}

}  // namespace

TEST_CASE("a key that is listed for its host is trusted, and the line is named") {
  const KnownHosts hosts = known("# a comment\n\n" + entry("r1"));
  const auto answer = hosts.check("r1", 22, blob_a());
  CHECK(answer.verdict == Verdict::trusted);
  CHECK(answer.line == 3);
  CHECK(hosts.skipped_lines().empty());
}

TEST_CASE("a host that is not listed is unknown, however short its name") {
  CHECK(verdict(entry("r1"), "r2") == Verdict::unknown);
  CHECK(verdict(entry("r1"), "r") == Verdict::unknown);
  CHECK(verdict(entry("r"), "r") == Verdict::trusted);
  CHECK(verdict("", "r1") == Verdict::unknown);
}

TEST_CASE("another key for a listed host is a mismatch, one of another type too [fault 69]") {
  CHECK(verdict(entry("r1", ed25519_b), "r1") == Verdict::mismatch);
  const std::string ecdsa =
      "r1 ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAAADAQID\n";
  CHECK(known(ecdsa).skipped_lines().empty());
  CHECK(verdict(ecdsa, "r1") == Verdict::mismatch);
}

TEST_CASE("of several keys for a host any one will do") {
  CHECK(verdict(entry("r1", ed25519_b) + entry("r1"), "r1") == Verdict::trusted);
  CHECK(verdict(entry("r1") + entry("r1", ed25519_b), "r1") == Verdict::trusted);
}

TEST_CASE("an entry is for port 22 unless it names another one [fault 69]") {
  CHECK(verdict(entry("r1"), "r1", 2222) == Verdict::unknown);
  CHECK(verdict(entry("[r1]:2222"), "r1", 2222) == Verdict::trusted);
  CHECK(verdict(entry("[r1]:2222"), "r1", 22) == Verdict::unknown);
  CHECK(verdict(entry("[::1]:2222"), "::1", 2222) == Verdict::trusted);
}

TEST_CASE("lists, wildcards and negation choose hosts as OpenSSH does") {
  CHECK(verdict(entry("r1,r2,r3"), "r2") == Verdict::trusted);
  CHECK(verdict(entry("*.lab"), "r1.lab") == Verdict::trusted);
  CHECK(verdict(entry("*.lab"), "lab") == Verdict::unknown);
  CHECK(verdict(entry("r?"), "r1") == Verdict::trusted);
  CHECK(verdict(entry("r?"), "r10") == Verdict::unknown);
  CHECK(verdict(entry("*.lab,!r1.lab"), "r1.lab") == Verdict::unknown);
  CHECK(verdict(entry("!r1.lab,*.lab"), "r1.lab") == Verdict::unknown);
  CHECK(verdict(entry("*.lab,!r1.lab"), "r2.lab") == Verdict::trusted);
  CHECK(verdict(entry("R1.Lab"), "r1.LAB") == Verdict::trusted);
}

TEST_CASE("a pattern of many stars is matched in no time") {
  std::string stars;
  for (int i = 0; i < 200; ++i)
    stars += "*a";
  CHECK(verdict(entry(stars + "b"), std::string(2000, 'a')) == Verdict::unknown);
}

TEST_CASE("a revoked key is refused, wherever the line stands") {
  CHECK(verdict(entry("r1") + "@revoked " + entry("*"), "r1") == Verdict::revoked);
  CHECK(verdict("@revoked " + entry("r1") + entry("r1"), "r1") == Verdict::revoked);
  CHECK(verdict("@revoked " + entry("r1", ed25519_b) + entry("r1"), "r1") == Verdict::trusted);
}

TEST_CASE("a certificate authority's line names no host key") {
  CHECK(verdict("@cert-authority " + entry("r1"), "r1") == Verdict::unknown);
}

TEST_CASE("lines that make no sense are skipped and named") {
  const KnownHosts hosts =
      known("r1\nr1 ssh-ed25519\nr1 ssh-ed25519 %%%%\n@odd " + entry("r1") + "r1 ssh-rsa " +
            std::string(ed25519_a).substr(12) + "\n" + entry("r1"));
  CHECK(hosts.skipped_lines() == std::vector<std::size_t>{1, 2, 3, 4, 5});
  CHECK(hosts.check("r1", 22, blob_a()).line == 6);
}

TEST_CASE("lines may end as on Windows, and the last one without an end") {
  CHECK(verdict(std::string("r1 ") + ed25519_a + "\r\n", "r1") == Verdict::trusted);
  CHECK(verdict(std::string("r1 ") + ed25519_a, "r1") == Verdict::trusted);
}

TEST_CASE("the key types of a host are those of its entries") {
  const KnownHosts hosts =
      known(entry("r1") + entry("r1", ed25519_b) + "@revoked " + entry("r1") + entry("r2"));
  CHECK(hosts.key_types("r1", 22) == std::vector<std::string>{"ssh-ed25519"});
  CHECK(hosts.key_types("r3", 22).empty());
}

TEST_CASE("a file that is not there is an error that names it") {
  CHECK_THROWS_WITH_AS(KnownHosts::load("/nowhere/known_hosts"),
                       doctest::Contains("/nowhere/known_hosts: cannot be read"), KnownHostsError);
}

TEST_CASE("a broken key has no type") {
  CHECK(key_type_of(blob_a()) == "ssh-ed25519");
  CHECK(key_type_of("").empty());
  CHECK(key_type_of(std::string("\0\0\0\xff"
                                "ssh",
                                7))
            .empty());
}

TEST_CASE("hashed names and fingerprints are those of ssh-keygen") {
  if (!tests::shell("command -v ssh-keygen").empty()) {
    const tests::TemporaryDirectory directory;
    const std::string plain =
        entry("r1") + entry("[127.0.100.1]:2222", ed25519_b) + entry("r2,r3.lab");
    const std::string file = directory.write("known_hosts", plain);
    const std::string printed = tests::shell("ssh-keygen -l -f " + file + " -F r1 2>&1");
    CHECK_MESSAGE(printed.find(fingerprint(blob_a())) != std::string::npos, printed);

    tests::shell("ssh-keygen -q -H -f " + file + " 2>&1");
    const KnownHosts hashed = KnownHosts::load(file);
    CHECK(hashed.skipped_lines().empty());
    CHECK(hashed.check("r1", 22, blob_a()).verdict == Verdict::trusted);
    CHECK(hashed.check("r1", 2222, blob_a()).verdict == Verdict::unknown);
    CHECK(hashed.check("127.0.100.1", 2222, blob_b()).verdict == Verdict::trusted);
    CHECK(hashed.check("127.0.100.1", 2222, blob_a()).verdict == Verdict::mismatch);
    CHECK(hashed.check("r3.lab", 22, blob_a()).verdict == Verdict::trusted);
    CHECK(hashed.check("r4", 22, blob_a()).verdict == Verdict::unknown);
  } else {
    std::puts("SKIP hashed names: there is no ssh-keygen");
  }
}

TEST_CASE("ssh-keygen -F finds a host exactly where this reader does [fault 69]") {
  if (tests::shell("command -v ssh-keygen").empty()) {
    std::puts("SKIP the comparison with ssh-keygen -F: there is no ssh-keygen");
    return;
  }
  const std::vector<std::string> patterns = {
      "r1",           "[r1]:2222", "*.lab", "r?",  "*.lab,!r1.lab",
      "127.0.0.1,r1", "[*]:2222",  "R1",    "!r1", "*"};
  const std::vector<std::string> hosts = {"r1",  "r2",        "r1.lab", "r2.lab",
                                          "lab", "127.0.0.1", "r10"};
  for (const std::string& pattern : patterns) {
    const tests::TemporaryDirectory directory;
    const std::string file = directory.write("known_hosts", entry(pattern));
    for (const std::string& host : hosts) {
      for (const std::uint16_t port : {22, 2222}) {
        const std::string name = port == 22 ? host : "[" + host + "]:2222";
        const std::string found = tests::shell("ssh-keygen -F '" + name + "' -f " + file + " 2>&1");
        const Verdict expected = found.empty() ? Verdict::unknown : Verdict::trusted;
        CHECK_MESSAGE(KnownHosts::load(file).check(host, port, blob_a()).verdict == expected,
                      "pattern ", pattern, ", host ", name);
      }
    }
  }
}

}  // namespace rondo::ssh
