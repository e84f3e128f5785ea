#include "running_lab.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace rondo::tests {

RunningLab::RunningLab(const std::string& yaml, const std::vector<std::string>& arguments) {
  std::ofstream(here_.path() / "routers.yaml") << yaml;
  start({"--routers", "routers.yaml"}, arguments);
}

RunningLab::RunningLab(unsigned devices, const std::vector<std::string>& arguments) {
  start({"--devices", std::to_string(devices), "--ssh-port", "0", "--telnet-port", "0"}, arguments);
}

void RunningLab::start(std::vector<std::string> arguments,
                       const std::vector<std::string>& further) {
  arguments.insert(arguments.end(), {"--known-hosts", known_hosts().string()});
  arguments.insert(arguments.end(), {"--inventory", inventory().string()});
  arguments.insert(arguments.end(), further.begin(), further.end());
  lab_.emplace(RONDO_LAB, arguments, here_.path());
  if (!lab_->wait_for_output("ready\n")) {
    throw std::runtime_error("the lab did not start: " + lab_->output());
  }
  std::istringstream lines(lab_->output());
  for (std::string hostname, address; lines >> hostname >> address;) {
    const std::size_t colon = address.find(':');
    if (colon == std::string::npos) break;
    endpoints_.push_back({hostname, address.substr(0, colon),
                          static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1)))});
  }
}

const RunningLab::Endpoint& RunningLab::endpoint(const std::string& hostname) const {
  const auto found = std::ranges::find(endpoints_, hostname, &Endpoint::hostname);
  if (found == endpoints_.end()) throw std::out_of_range("the lab has no " + hostname);
  return *found;
}

}  // namespace rondo::tests
