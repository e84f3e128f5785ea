#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "../examples/program.h"

// A lab that runs beside a test: rondo-lab as a child process, on ports that nobody else has. A
// test program that uses it also compiles running_lab.cpp and ../examples/program.cpp.

namespace rondo::tests {

class RunningLab {
 public:
  struct Endpoint {
    std::string hostname;
    std::string host;  // 127.x.y.z
    std::uint16_t port = 0;
  };

  /// Starts the routers that the text describes (lab/router.h says how; port 0 takes a free one),
  /// and returns when all of them listen. Throws std::runtime_error with what the lab said when it
  /// does not start.
  explicit RunningLab(const std::string& yaml, const std::vector<std::string>& arguments = {});

  /// Starts so many made-up devices on free ports; `arguments` are further ones of rondo-lab, such
  /// as "--transport", "telnet".
  explicit RunningLab(unsigned devices, const std::vector<std::string>& arguments = {});

  /// In the order of the description.
  const std::vector<Endpoint>& endpoints() const noexcept { return endpoints_; }
  /// Throws std::out_of_range when there is none of that name.
  const Endpoint& endpoint(const std::string& hostname) const;

  /// The host keys of all trusted devices, and the lab's inventory.
  std::filesystem::path known_hosts() const { return here_.path() / "known_hosts"; }
  std::filesystem::path inventory() const { return here_.path() / "inventory.yaml"; }

  /// Ends it, and all connections with it; the destructor does the same.
  void stop() { lab_.reset(); }

 private:
  void start(std::vector<std::string> arguments, const std::vector<std::string>& further);

  TemporaryDirectory here_;
  std::optional<Program> lab_;  // empty: stopped
  std::vector<Endpoint> endpoints_;
};

}  // namespace rondo::tests
