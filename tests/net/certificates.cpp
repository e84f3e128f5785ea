#include "certificates.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

namespace rondo::test {

namespace {

constexpr const char* good_names = "DNS:localhost,DNS:good.example,IP:127.0.0.1,IP:::1";

void run_shell(const std::string& command) {
  FILE* const pipe = ::popen(("exec 2>&1; " + command).c_str(), "re");
  if (pipe == nullptr) throw std::runtime_error("cannot run: " + command);
  std::string output;
  std::array<char, 4096> chunk{};
  while (const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), pipe))
    output.append(chunk.data(), count);
  if (::pclose(pipe) != 0) throw std::runtime_error(command + "\n" + output);
}

}  // namespace

Certificates& Certificates::get() {
  static Certificates certificates;
  return certificates;
}

std::string Certificates::unavailable() {
  static const bool there = std::system("openssl version >/dev/null 2>&1") == 0;
  return there ? "" : "there is no openssl command";
}

Certificates::Certificates() {
  std::string name = (std::filesystem::temp_directory_path() / "rondo-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = name;
  std::ofstream(path("request.cnf")) << "[req]\n"
                                        "distinguished_name = dn\n"
                                        "prompt = no\n"
                                        "[dn]\n"
                                        "CN = rondo test\n"
                                        "[none]\n";
}

Certificates::~Certificates() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

// The certificate, then its key, in one file.
std::string Certificates::made(const std::string& name, const std::string& issuer,
                               const std::string& is_ca, const std::string& names) {
  const std::string file = path(name + ".pem");
  if (std::filesystem::exists(file)) return file;
  std::string command = "cd " + directory() + " && openssl req -x509 -config request.cnf" +
                        " -extensions none -newkey ec -pkeyopt ec_paramgen_curve:prime256v1" +
                        " -nodes -days 30 -keyout " + name + ".key -out " + name + ".crt" +
                        " -addext basicConstraints=critical," + is_ca;
  if (!names.empty()) command += " -addext subjectAltName=" + names;
  if (!issuer.empty()) command += " -CA " + issuer + ".pem -CAkey " + issuer + ".key";
  run_shell(command + " && cat " + name + ".crt " + name + ".key > " + name + ".pem");
  return file;
}

std::string Certificates::good() {
  authority();
  return made("good", "ca", "CA:FALSE", good_names);
}

std::string Certificates::of_other_name() {
  authority();
  return made("other-name", "ca", "CA:FALSE", "DNS:other.example");
}

std::string Certificates::self_signed() {
  return made("self-signed", "", "CA:FALSE", good_names);
}

std::string Certificates::by_other() {
  other_authority();
  return made("by-other", "other-ca", "CA:FALSE", good_names);
}

std::string Certificates::of_client() {
  authority();
  return made("client", "ca", "CA:FALSE", "");
}

std::string Certificates::expired() {
  const std::string file = path("expired.pem");
  if (std::filesystem::exists(file)) return file;
  good();
  run_shell("cd " + directory() + " && openssl req -new -key good.key -config request.cnf" +
            " -out expired.csr -addext subjectAltName=" + good_names +
            " && openssl x509 -req -in expired.csr -CA ca.pem -CAkey ca.key -days -1" +
            " -copy_extensions copy -out expired.crt && cat expired.crt good.key > expired.pem");
  return file;
}

std::string Certificates::encrypted_key() {
  const std::string file = path("encrypted.key");
  if (std::filesystem::exists(file)) return file;
  good();
  run_shell("cd " + directory() + " && openssl pkcs8 -topk8 -in good.key -out encrypted.key" +
            " -passout pass:" + password);
  return file;
}

SSLContext client_context() {
  SSLContext context = SSLContext::client();
  context.load_verify_locations(Certificates::get().authority());
  return context;
}

SSLContext server_context() {
  return server_context(Certificates::get().good());
}

SSLContext server_context(const std::string& certificate) {
  return SSLContext::server(certificate);
}

}  // namespace rondo::test
