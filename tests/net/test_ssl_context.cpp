// SSLContext: its defaults, what it refuses, and what it says then.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include <rondo/net/ssl_context.h>

#include "tls_fixture.h"

namespace {

using namespace rondo;
using namespace rondo::test;

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// The text of the `Error` that `call` throws; "nothing" when it throws none.
template <class Error, class F>
std::string error_of(F call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST_CASE("a client's context checks certificates and names, and speaks TLS 1.2 and 1.3") {
  const SSLContext context = create_default_context();
  CHECK_FALSE(context.server_side());
  CHECK(context.check_hostname());
  CHECK(context.verify_mode() == VerifyMode::CERT_REQUIRED);
  CHECK(context.minimum_version() == TLSVersion::TLSv1_2);
  CHECK(context.maximum_version() == TLSVersion::TLSv1_3);
}

TEST_CASE("a server's context asks its clients for nothing, and cannot check their names") {
  const SSLContext context = SSLContext::server();
  CHECK(context.server_side());
  CHECK_FALSE(context.check_hostname());
  CHECK(context.verify_mode() == VerifyMode::CERT_NONE);
  CHECK_THROWS_AS(context.check_hostname(true), ValueError);
}

TEST_CASE("certificates can be left unchecked only after names are") {
  const SSLContext context = SSLContext::client();
  CHECK_THROWS_AS(context.verify_mode(VerifyMode::CERT_NONE), ValueError);
  context.check_hostname(false);
  context.verify_mode(VerifyMode::CERT_NONE);
  CHECK(context.verify_mode() == VerifyMode::CERT_NONE);
  context.check_hostname(true);
  CHECK(context.verify_mode() == VerifyMode::CERT_REQUIRED);
}

TEST_CASE("copies of a context mean the same one") {
  const SSLContext context = SSLContext::client();
  const SSLContext copy = context;  // NOLINT(performance-unnecessary-copy-initialization)
  context.minimum_version(TLSVersion::TLSv1_3);
  CHECK(copy.minimum_version() == TLSVersion::TLSv1_3);
}

TEST_CASE("a file that is not there is an OSError that names it") {
  const SSLContext context = SSLContext::server();
  const std::string missing = "/nowhere/server.pem";
  CHECK(error_of<OSError>([&] { context.load_cert_chain(missing); }) ==
        "certificate file /nowhere/server.pem: No such file or directory");
  CHECK(error_of<OSError>([&] { context.load_verify_locations(missing); }) ==
        "trusted certificates /nowhere/server.pem: No such file or directory");
}

TEST_CASE("a file that holds no certificate is an SSLError with the file and the reason") {
  if (no_certificates("SSLContext")) return;
  const std::string path = Certificates::get().path("empty.pem");
  std::ofstream(path) << "nothing\n";
  const SSLContext context = SSLContext::server();
  const auto chain = error_of<SSLError>([&] { context.load_cert_chain(path); });
  CHECK(chain == "certificate file " + path + ": no start line");
  const auto trusted = error_of<SSLError>([&] { context.load_verify_locations(path); });
  CHECK(contains(trusted, "trusted certificates " + path + ": no"));
  const auto text = error_of<SSLError>(
      [&] { context.load_verify_locations("-----BEGIN CERTIFICATE-----\nAAAA\n"); });
  CHECK(contains(text, "trusted certificates given as text: "));
}

TEST_CASE("a key that belongs to another certificate is refused by name") {
  if (no_certificates("SSLContext")) return;
  Certificates& certificates = Certificates::get();
  const std::string key = certificates.of_client();
  const auto error = error_of<SSLError>([&] { SSLContext::server(certificates.good(), key); });
  CHECK(error ==
        "key file " + key + ": key values mismatch (it is not the key of that certificate)");
}

TEST_CASE("an encrypted key takes its password; errors do not repeat it, and nobody is asked") {
  if (no_certificates("SSLContext")) return;
  Certificates& certificates = Certificates::get();
  const std::string key = certificates.encrypted_key();
  SSLContext::server(certificates.good(), key, Certificates::password);
  const auto none = error_of<SSLError>([&] { SSLContext::server(certificates.good(), key); });
  CHECK(contains(none, "key file " + key + " is encrypted, and no password was given"));
  const std::string wrong_password = "Wrong-Battery-8";
  const auto wrong =
      error_of<SSLError>([&] { SSLContext::server(certificates.good(), key, wrong_password); });
  CHECK(contains(wrong, "key file " + key + " cannot be opened with this password"));
  CHECK_FALSE(contains(wrong, wrong_password));
  const auto endless = error_of<SSLError>(
      [&] { SSLContext::server(certificates.good(), key, std::string(100'000, 'x')); });
  CHECK(contains(endless, "cannot be opened with this password"));
}

TEST_CASE("trusted certificates may be a file, a directory or text") {
  if (no_certificates("SSLContext")) return;
  const SSLContext context = SSLContext::client();
  const std::string authority = Certificates::get().authority();
  context.load_verify_locations(authority);
  context.load_verify_locations(Certificates::get().directory());
  context.load_verify_locations(text_of(authority));
  context.load_verify_locations(text_of(authority));  // twice is no error
}

TEST_CASE("ciphers that nobody knows are an error that names them") {
  const SSLContext context = SSLContext::client();
  CHECK(error_of<SSLError>([&] { context.set_ciphers("NO-SUCH-CIPHER"); }) ==
        "ciphers \"NO-SUCH-CIPHER\": no cipher match");
  CHECK(contains(error_of<SSLError>([&] { context.set_ciphersuites("TLS_NO_SUCH"); }),
                 "cipher suites \"TLS_NO_SUCH\": "));
  context.set_ciphers("DEFAULT@SECLEVEL=0");
  context.set_ciphersuites("TLS_AES_128_GCM_SHA256");
}

TEST_CASE("the name of a protocol has 1 to 255 bytes") {
  for (const SSLContext& context : {SSLContext::client(), SSLContext::server()}) {
    context.set_alpn_protocols({"h2", "http/1.1"});
    CHECK_THROWS_AS(context.set_alpn_protocols({""}), ValueError);
    CHECK_THROWS_AS(context.set_alpn_protocols({std::string(256, 'x')}), ValueError);
    context.set_alpn_protocols({});
  }
}

}  // namespace
