#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include <fmt/format.h>

#include <rondo/lab/generate.h>
#include <rondo/lab/platform.h>

namespace rondo::lab {

namespace {

constexpr unsigned most_devices = 10'000;
constexpr unsigned hosts_in_network = 250;  // of 24 bits

// What a device of the platform is called, before its number.
constexpr std::pair<std::string_view, std::string_view> name_beginnings[] = {
    {"cisco_iosxe", "r"},   {"cisco_nxos", "sw"},      {"cisco_iosxr", "core"},
    {"arista_eos", "leaf"}, {"juniper_junos", "edge"},
};

std::uint32_t address_of(std::uint32_t first, unsigned number) {
  return first + number / hosts_in_network * 256 + number % hosts_in_network;
}

std::string hostname_of(const std::string& platform, unsigned number) {
  for (const auto& [name, beginning] : name_beginnings) {
    if (name == platform) return fmt::format("{}{}", beginning, number + 1);
  }
  return fmt::format("device{}", number + 1);
}

std::string port_of(const std::string& platform, unsigned number) {
  const Hardware& hardware = platform_of(platform).hardware;
  return fmt::format(fmt::runtime(hardware.port), hardware.first_port + number);
}

Interface make_interface(std::string name, std::optional<InterfaceAddress> address) {
  Interface interface;
  interface.name = std::move(name);
  interface.address = address;
  return interface;
}

bool suits(Fault fault, const Router& router) {
  const Platform& platform = platform_of(router.platform);
  switch (fault) {
    case Fault::unknown_key:
    case Fault::legacy_algorithms:
      return router.transport == Transport::ssh;
    case Fault::two_line_prompt:
      return router.platform == "juniper_junos";
    case Fault::bad_secret:
      return platform.first_mode == exec_mode && router.platform != "juniper_junos";
    default:
      return true;
  }
}

// The ring: number n's first port leads to n + 1's second.
void connect(std::vector<Router>& routers) {
  const auto count = static_cast<unsigned>(routers.size());
  constexpr std::uint32_t first_network = 10U << 24 | 64U << 16;
  for (unsigned i = 0; i < count; ++i) {
    const unsigned next = (i + 1) % count;
    if (next == i) return;
    const std::uint32_t network = first_network + i * 4;
    const auto join = [&](unsigned from, unsigned port, unsigned to, unsigned other_port,
                          std::uint32_t host) {
      Interface& interface = routers[from].interfaces[port];
      interface.address = InterfaceAddress{network + host, 30};
      interface.description = "to " + routers[to].hostname;
      interface.neighbor = routers[to].hostname;
      interface.neighbor_interface = port_of(routers[to].platform, other_port);
    };
    join(i, 0, next, 1, 1);
    join(next, 1, i, 0, 2);
  }
}

Router make_router(const LabPlan& plan, const std::string& platform, unsigned number) {
  constexpr std::uint32_t first_loopback = 10U << 24 | 255U << 16 | 1;
  constexpr std::uint32_t first_management = 172U << 24 | 16U << 16 | 1;
  const Hardware& hardware = platform_of(platform).hardware;
  Router router;
  router.hostname = hostname_of(platform, number);
  router.platform = platform;
  router.address = format_ipv4(address_of(parse_ipv4(plan.first_address).value_or(0), number));
  const bool telnet = plan.transports == TransportMix::telnet ||
                      (plan.transports == TransportMix::mixed && number % 2 == 1);
  router.transport = telnet ? Transport::telnet : Transport::ssh;
  router.port = telnet ? plan.telnet_port : plan.ssh_port;
  router.username = plan.username;
  router.password = plan.password;
  router.enable_secret = plan.password;
  router.version = hardware.version;
  router.uptime = hardware.uptime;
  router.delay = plan.delay;
  router.vlans = {{10, "users"}, {20, "servers"}};

  for (unsigned port = 0; port < 4; ++port)
    router.interfaces.push_back(make_interface(port_of(platform, port), std::nullopt));
  router.interfaces[2].description = "users";
  router.interfaces[3].status = InterfaceStatus::administratively_down;
  router.interfaces[3].protocol_up = false;
  router.interfaces.push_back(make_interface(
      std::string(hardware.loopback), InterfaceAddress{address_of(first_loopback, number), 32}));
  if (!hardware.management.empty()) {
    router.interfaces.push_back(
        make_interface(std::string(hardware.management),
                       InterfaceAddress{address_of(first_management, number), 16}));
  }
  return router;
}

// Deals the faults out; a fault that suits too few devices goes to those few.
void deal_faults(const LabPlan& plan, std::vector<Router>& routers) {
  // The standard's distributions differ from library to library; this generator does not.
  std::mt19937 random(plan.seed);
  std::vector<std::size_t> order(routers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random() % i]);
  for (const FaultShare& share : plan.faults) {
    auto left =
        static_cast<std::size_t>(std::lround(share.share * static_cast<double>(routers.size())));
    for (const std::size_t index : order) {
      Router& router = routers[index];
      if (left == 0) break;
      if (!router.faults.empty()) continue;
      std::vector<Fault> suitable;
      for (const FaultName& name : fault_names()) {
        const bool wanted = !share.fault || *share.fault == name.fault;
        if (wanted && suits(name.fault, router)) suitable.push_back(name.fault);
      }
      if (suitable.empty()) continue;
      router.faults.insert(suitable[random() % suitable.size()]);
      apply_faults(router);
      --left;
    }
  }
}

double parse_share(std::string_view text, std::string_view whole) {
  const bool percent = text.ends_with('%');
  const std::string number(percent ? text.substr(0, text.size() - 1) : text);
  double value = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (percent) value /= 100;
  if (error != std::errc{} || end != number.data() + number.size() || !(value >= 0 && value <= 1)) {
    throw PlanError(fmt::format(
        "--faults '{}': a share must be 0% to 100%, as in 5% or hang=2%,cut=1%", whole));
  }
  return value;
}

}  // namespace

std::vector<Router> generate_routers(const LabPlan& plan) {
  if (plan.devices == 0 || plan.devices > most_devices) {
    throw PlanError(fmt::format("--devices must be from 1 to {}", most_devices));
  }
  const auto first = parse_ipv4(plan.first_address);
  const std::uint32_t last = address_of(first.value_or(0), plan.devices - 1);
  if (!first || *first >> 24 != 127 || last >> 24 != 127) {
    throw PlanError(fmt::format(
        "--first-address '{}' must be an address of 127.0.0.0/8, with room for {} devices",
        plan.first_address, plan.devices));
  }
  std::vector<std::string> platforms = plan.platforms;
  for (const std::string_view name : platform_names()) {
    if (plan.platforms.empty()) platforms.emplace_back(name);
  }
  for (const std::string& platform : platforms) {
    if (is_platform(platform)) continue;
    throw PlanError(
        fmt::format("--platforms: there is no '{}'; there are {}", platform, platform_list()));
  }
  std::vector<Router> routers;
  routers.reserve(plan.devices);
  for (unsigned number = 0; number < plan.devices; ++number)
    routers.push_back(make_router(plan, platforms[number % platforms.size()], number));
  connect(routers);
  deal_faults(plan, routers);
  return routers;
}

std::vector<FaultShare> parse_fault_shares(std::string_view text) {
  std::vector<FaultShare> shares;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view part = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const std::size_t sign = part.find('=');
    FaultShare share;
    if (sign != std::string_view::npos) {
      share.fault = find_fault(part.substr(0, sign));
      if (!share.fault) {
        throw PlanError(fmt::format("--faults: there is no '{}'; there are {}",
                                    part.substr(0, sign), fault_list()));
      }
    }
    share.share = parse_share(sign == std::string_view::npos ? part : part.substr(sign + 1), text);
    shares.push_back(share);
  }
  return shares;
}

}  // namespace rondo::lab
