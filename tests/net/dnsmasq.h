#pragma once

#include <cstdint>
#include <string>
#include <vector>

// dnsmasq, a name server of the real world, on a free port of the loopback, with the records that a
// test gives it and no server above it.

namespace rondo::test {

class Dnsmasq {
 public:
  /// Empty if dnsmasq and dig can run here, otherwise why not; then tests print it as their reason
  /// to skip.
  static std::string unavailable();

  /// Starts dnsmasq with these options besides, as "host-record=r1.test,192.0.2.1".
  explicit Dnsmasq(const std::vector<std::string>& options);
  Dnsmasq(const Dnsmasq&) = delete;
  Dnsmasq& operator=(const Dnsmasq&) = delete;
  ~Dnsmasq();

  std::uint16_t port() const noexcept { return port_; }
  /// As in ResolverOptions::servers.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// What `dig +short` prints for a question to this server ("A r1.test"), line by line, sorted.
  std::vector<std::string> dig(const std::string& question) const;
  /// The same in full.
  std::string dig_in_full(const std::string& question) const;

 private:
  void start(const std::vector<std::string>& options);
  bool wait_until_ready();
  void stop();

  std::uint16_t port_ = 0;
  int pid_ = -1;
  int log_fd_ = -1;
  std::string log_;
};

}  // namespace rondo::test
