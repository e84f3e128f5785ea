#include <cstdio>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/ssh/detail/algorithms.h>
#include <rondo/ssh/detail/kexinit.h>
#include <rondo/ssh/detail/scanner.h>

#include "login_outcome.h"

// Which algorithms are offered, and what is said when a server has none of them.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using detail::KexInit;
using tests::contains;
using tests::Sshd;

/// The beginning of a connection as a side sends it, with ten lists that are the same.
std::string offer_of(const std::string& list) {
  std::string payload(17, '\x14');
  for (int i = 0; i < 10; ++i)
    payload += detail::wire_string(list);
  payload += std::string(5, '\0');
  const std::size_t padding = 4;
  return "SSH-2.0-test\r\n" +
         detail::wire_number(static_cast<std::uint32_t>(payload.size() + padding + 1)) +
         static_cast<char>(padding) + payload + std::string(padding, '\0');
}

/// Reads a client's offer, and hangs up.
Coroutine<void> record_offer(std::string& seen, StreamReader reader, StreamWriter writer) {
  writer.write("SSH-2.0-recorder\r\n");
  while (!detail::find_kexinit(seen)) {
    const std::string bytes = co_await reader.read(4096);
    if (bytes.empty()) break;
    seen += bytes;
  }
  writer.close();
}

Coroutine<std::string> offer_to_recorder(Options options) {
  std::string seen;
  const auto record = [&seen](StreamReader reader, StreamWriter writer) {
    return record_offer(seen, reader, writer);
  };
  Server server = co_await start_server(record, "127.0.0.1", 0);
  options.port = server.sockets()[0].port();
  options.host_key_policy = HostKeyPolicy::insecure;
  try {
    co_await connect("127.0.0.1", options);
  } catch (const ConnectionLost&) {
  }
  server.close();
  co_await server.wait_closed();
  co_return seen;
}

/// What a client offers to a server, as that server sees it.
KexInit offered_with(const Options& options) {
  const std::string seen = run(wait_for(offer_to_recorder(options), 60s));
  const auto offer = detail::find_kexinit(seen);
  REQUIRE(offer);
  return *offer;
}

std::string all_names(const KexInit& offer) {
  std::vector<std::string> names;
  for (const KexInit::Names* list :
       {&offer.kex, &offer.server_host_key, &offer.send_encryption, &offer.recv_encryption,
        &offer.send_mac, &offer.recv_mac, &offer.send_compression, &offer.recv_compression}) {
    names.push_back(detail::join_names(*list));
  }
  return detail::join_names(names);
}

/// The error that an option's value is, or the list that comes of it.
std::string ciphers_with(const std::string& value) {
  Options options;
  options.encryption_algs = value;
  try {
    return detail::join_names(detail::algorithms_for(options).encryption);
  } catch (const ValueError& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("an offer is found behind the greeting's lines") {
  const auto offer = detail::find_kexinit("hello\r\n" + offer_of("a,b") + "more");
  REQUIRE(offer);
  CHECK(offer->kex == KexInit::Names{"a", "b"});
  CHECK(offer->recv_compression == KexInit::Names{"a", "b"});
}

TEST_CASE("an offer that is cut short anywhere is none, and no byte of it can do harm") {
  const std::string whole = offer_of("curve25519-sha256,b");
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(!detail::find_kexinit(whole.substr(0, size)));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int mask : {0x01, 0x80, 0xff}) {
      std::string broken = whole;
      broken[at] = static_cast<char>(broken[at] ^ mask);
      detail::find_kexinit(broken);  // for the sanitizers
    }
  }
  CHECK(!detail::find_kexinit("SSH-2.0-x\r\n" + std::string(400, '\xff')));
  CHECK(!detail::find_kexinit("SSH-2.0-x\r\n" + std::string(400, '\0')));
  CHECK(!detail::find_kexinit(std::string(100'000, '\n')));
}

TEST_CASE(
    "by default a client offers nothing weak, and with legacy what old devices need "
    "[fault 71]") {
  const std::string usual = all_names(offered_with(Options()));
  for (const char* weak : {"sha1", "-cbc", "md5", "ssh-dss", "ssh-rsa", "arcfour", "ripemd",
                           "blowfish", "group-exchange", "none,none,none"}) {
    CHECK_MESSAGE(!contains(usual, weak), weak, " in ", usual);
  }
  CHECK(contains(usual, "curve25519-sha256,"));

  Options options;
  options.legacy = true;
  const KexInit old = offered_with(options);
  CHECK(old.kex.front() == "curve25519-sha256");  // what is good still comes first
  for (const char* needed : {"diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1", "ssh-rsa",
                             "aes128-cbc", "3des-cbc", "hmac-sha1"}) {
    CHECK_MESSAGE(contains(all_names(old), needed), needed);
  }
}

TEST_CASE("lists of algorithms are replaced, added to, taken from and put in front of") {
  CHECK(ciphers_with("") == "aes256-ctr,aes192-ctr,aes128-ctr");
  CHECK(ciphers_with("aes128-cbc") == "aes128-cbc");
  CHECK(ciphers_with("+aes128-cbc,aes256-ctr") == "aes256-ctr,aes192-ctr,aes128-ctr,aes128-cbc");
  CHECK(ciphers_with("-aes192-ctr,aes256-ctr") == "aes128-ctr");
  CHECK(ciphers_with("^aes128-cbc,aes128-ctr") == "aes128-cbc,aes128-ctr,aes256-ctr,aes192-ctr");
}

TEST_CASE("an algorithm that there is not is an error that names the option and what there is") {
  const std::string unknown = ciphers_with("aes128-ctr,rot13");
  CHECK(contains(unknown, "Options::encryption_algs: \"rot13\" is none of "));
  CHECK(contains(unknown, "aes128-cbc"));
  CHECK(contains(ciphers_with("+rot13"), "rot13"));
  CHECK(contains(ciphers_with("-aes256-ctr,aes192-ctr,aes128-ctr"), "nothing is left"));
}

TEST_CASE("what was agreed on can be asked for") {
  if (!tests::sshd_can_run("what was agreed on")) return;
  const Sshd sshd;
  Options options = tests::options_for(sshd);
  options.encryption_algs = "aes192-ctr";
  options.mac_algs = "^hmac-sha2-512";
  options.compression_algs = "zlib@openssh.com,none";
  const std::string agreed = tests::login_outcome(options, [](const Connection& connection) {
    const NegotiatedAlgorithms names = connection.algorithms();
    return detail::join_names({names.kex, names.server_host_key, names.send_cipher,
                               names.recv_cipher, names.send_mac, names.recv_mac,
                               names.send_compression, names.recv_compression}) +
           " " + connection.server_version().substr(0, 15);
  });
  CHECK(agreed ==
        "curve25519-sha256,ssh-ed25519,aes192-ctr,aes192-ctr,hmac-sha2-512,hmac-sha2-512,"
        "zlib@openssh.com,zlib@openssh.com SSH-2.0-OpenSSH");
}

TEST_CASE("without an algorithm in common the error says what each side offers, and the way out") {
  if (!tests::sshd_can_run("algorithms that do not match")) return;
  struct Mismatch {
    const char* setting;
    const char* part;
  };
  for (const Mismatch& mismatch : {Mismatch{"KexAlgorithms diffie-hellman-group14-sha1",
                                            "no key exchange algorithm in common: the server "
                                            "offers diffie-hellman-group14-sha1,"},
                                   {"Ciphers aes128-cbc",
                                    "no cipher algorithm in common: the server offers aes128-cbc, "
                                    "this side aes256-ctr,"},
                                   {"MACs hmac-sha1", "the server offers hmac-sha1, this side"}}) {
    const Sshd sshd({mismatch.setting});
    Options options = tests::options_for(sshd);
    const std::string text = tests::login_outcome(options);
    CHECK_MESSAGE(text.starts_with("KeyExchangeFailed: 127.0.0.1:"), text);
    CHECK_MESSAGE(contains(text, mismatch.part), text);
    CHECK_MESSAGE(contains(text, "Options::legacy would allow"), text);
    options.legacy = true;
    CHECK(tests::login_outcome(options) == "connected");
  }
}

TEST_CASE("a server that has only an RSA key is refused with the reason, and legacy takes it") {
  if (!tests::sshd_can_run("a server with an RSA key")) return;
  const Sshd sshd({"HostKeyAlgorithms rsa-sha2-512,ssh-rsa"}, {"rsa"});
  Options options = tests::options_for(sshd);
  const std::string text = tests::login_outcome(options);
  CHECK_MESSAGE(contains(text, "no host key algorithm in common"), text);
  CHECK_MESSAGE(contains(text, "give the server an Ed25519 or ECDSA key, or set Options::legacy"),
                text);
  options.legacy = true;
  CHECK(tests::login_outcome(options) == "connected");
  const Sshd modern({"HostKeyAlgorithms rsa-sha2-512"}, {"rsa"});
  const std::string only_modern = tests::login_outcome(tests::options_for(modern));
  CHECK_MESSAGE(contains(only_modern, "can check with SHA-1 only: give the server"), only_modern);
  CHECK(!contains(only_modern, "Options::legacy"));
}

TEST_CASE("of several host keys the server is asked for the one that is known [fault 70]") {
  if (!tests::sshd_can_run("a server of several keys")) return;
  const std::vector<std::string> types = {"ed25519", "ecdsa", "rsa"};
  const std::vector<std::string> algorithms = {"ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"};
  const Sshd sshd({"HostKeyAlgorithms +ssh-rsa"}, types);
  const auto key_type = [](const Connection& connection) {
    return connection.algorithms().server_host_key;
  };
  for (std::size_t i = 0; i < types.size(); ++i) {
    Options options = tests::options_for(sshd);
    options.known_hosts = sshd.known_hosts(types[i]);
    options.legacy = true;
    CHECK(tests::login_outcome(options, key_type) == algorithms[i]);
  }
}

}  // namespace rondo::ssh
