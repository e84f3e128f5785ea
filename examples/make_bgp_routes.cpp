// Writes a table of BGP routes, as a router exports one, for programs
// that read such tables. The same number gives the same table.
//
//   ./dev run make_bgp_routes [PATH [COUNT]]
//
// Without arguments: 100,000 routes in routes.csv. There is room for
// 400,000.

#include <array>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include <rondo/runtime.h>

constexpr const char* header =
    "prefix,next_hop,local_pref,med,as_path,origin,communities\n";

// What one neighbour announces goes through its own AS first.
struct Neighbour {
  const char* address;
  int as_number;
  int local_pref;
};
constexpr std::array neighbours{
    Neighbour{"192.0.2.1", 64496, 100},     // transit
    Neighbour{"192.0.2.5", 64497, 100},     // transit, the other one
    Neighbour{"198.51.100.9", 64502, 200},  // peers
    Neighbour{"198.51.100.13", 64503, 200},
    Neighbour{"203.0.113.2", 64510, 300},  // a customer
};

class Table {
 public:
  // Routes come in the order of their addresses, none twice.
  std::string next_route() {
    const int length = prefix_length();
    const std::uint32_t size = 1U << (32 - length);
    skip_private_addresses();
    address_ = (address_ + size - 1) / size * size;
    const std::string prefix = fmt::format(
        "{}.{}.{}.{}/{}", address_ >> 24, address_ >> 16 & 255,
        address_ >> 8 & 255, address_ & 255, length);
    address_ += size;

    const Neighbour& neighbour =
        neighbours[one_of(100) < 70 ? one_of(2) : 2 + one_of(3)];
    // Each in a line of its own: a call's arguments have no order.
    const std::uint32_t med = one_of(4) * 10;
    const std::string path = as_path(neighbour);
    const char* const learned_from = origin();
    const std::string tags = communities(neighbour);
    return fmt::format("{},{},{},{},{},{},{}\n", prefix,
                       neighbour.address, neighbour.local_pref, med,
                       path, learned_from, tags);
  }

 private:
  // The same numbers on every machine, below `bound`.
  std::uint32_t one_of(std::uint32_t bound) {
    return random_() % bound;
  }

  // Most of the Internet is /24, and the rest is mostly /20 to /23.
  int prefix_length() {
    const std::uint32_t percent = one_of(100);
    if (percent < 60) return 24;
    if (percent < 92) return 20 + static_cast<int>(one_of(4));
    return 16 + static_cast<int>(one_of(4));
  }

  void skip_private_addresses() {
    const std::uint32_t first = address_ >> 24;
    if (first == 10 || first == 127) address_ = (first + 1) << 24;
    if (first >= 172) throw std::runtime_error("so many are too many");
  }

  // From the neighbour to the origin, which may stand there twice or
  // three times, to make the path look longer.
  std::string as_path(const Neighbour& neighbour) {
    std::string path = std::to_string(neighbour.as_number);
    const std::uint32_t hops = one_of(6);
    for (std::uint32_t hop = 0; hop < hops; ++hop) {
      const std::uint32_t as = 4'200'000'000U + one_of(60'000);
      const std::uint32_t times = one_of(12) == 0 ? 3 : 1;
      for (std::uint32_t i = 0; i < times; ++i)
        path += fmt::format(" {}", as);
    }
    return path;
  }

  const char* origin() {
    const std::uint32_t percent = one_of(100);
    return percent < 85 ? "IGP" : percent < 99 ? "INCOMPLETE" : "EGP";
  }

  std::string communities(const Neighbour& neighbour) {
    std::string text;
    for (std::uint32_t left = one_of(4); left > 0; --left) {
      if (!text.empty()) text += ' ';
      text += fmt::format("{}:{}", neighbour.as_number,
                          1000 + one_of(50) * 10);
    }
    return text;
  }

  std::mt19937 random_{2024};
  std::uint32_t address_ = 1U << 24;  // 1.0.0.0
};

rondo::Coroutine<> async_main(std::string path, int count) {
  const auto write_routes =
      [&](rondo::File file) -> rondo::Coroutine<> {
    Table table;
    co_await file.write(header);
    for (int i = 0; i < count; ++i)
      co_await file.write(table.next_route());
  };
  co_await rondo::async_with(rondo::open_file(path, "w"), write_routes);
  const auto written = co_await rondo::os::stat(path);
  fmt::print("{} routes are in {}, in {} bytes\n", count, path,
             written.size);
}

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : "routes.csv";
  const int count = argc > 2 ? std::stoi(argv[2]) : 100'000;
  rondo::run(async_main(path, count));
}
