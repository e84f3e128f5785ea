// A lab of any size, made up instead of described: devices of all platforms in a ring, each cabled
// to the one before and the one behind, with addresses, VLANs and, by share, faults. The same plan
// gives the same devices each time.
//
// Device number n (from 1) listens at the n-th address behind the first one, 250 to each network of
// 24 bits; its loopback is 10.255.x.y, its cables are networks of 30 bits within 10.64.0.0/10.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/lab/router.h>

namespace rondo::lab {

enum class TransportMix { ssh, telnet, mixed };  // mixed: every second device speaks telnet

struct FaultShare {
  std::optional<Fault> fault;  // empty: any that suits the device
  double share = 0;            // of all devices, 0 to 1
};

struct LabPlan {
  unsigned devices = 10;                 // 1 to 10000
  std::vector<std::string> platforms{};  // taken in turn; empty: all there are
  TransportMix transports = TransportMix::ssh;
  std::vector<FaultShare> faults{};         // no device has two
  std::uint32_t seed = 1;                   // which devices have faults
  std::chrono::milliseconds delay{0};       // of each show command
  std::string first_address = "127.1.0.1";  // within 127.0.0.0/8
  std::uint16_t ssh_port = 2222;            // 0: any free one
  std::uint16_t telnet_port = 2323;         // 0: any free one
  std::string username = "cisco";
  std::string password = "cisco";
};

// The plan cannot be carried out; the text says why and what would be right.
class PlanError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws PlanError.
std::vector<Router> generate_routers(const LabPlan& plan);

// "5%", or "hang=2%,cut=1%". Throws PlanError.
std::vector<FaultShare> parse_fault_shares(std::string_view text);

}  // namespace rondo::lab
