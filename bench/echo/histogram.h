#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

// Histogram: counts of times, in a fixed amount of memory however many there are.
//
// Each power of two is divided into 64 equal steps ("log-linear"), so a quantile is off by at most
// 1.6 %, from nanoseconds to centuries.

class Histogram {
 public:
  /// Counts one time, in whatever unit the caller likes.
  void add(std::uint64_t time) {
    ++counts_[index_of(time)];
    ++total_;
    max_ = std::max(max_, time);
  }

  /// The time that `share` (0 to 1) of all times do not exceed; 0 when there are none.
  std::uint64_t quantile(double share) const {
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_)));
    std::uint64_t seen = 0;
    for (std::size_t index = 0; index < counts_.size(); ++index) {
      seen += counts_[index];
      if (seen > 0 && seen >= rank) return std::min(upper_end_of(index), max_);
    }
    return 0;
  }

  std::uint64_t max() const { return max_; }

 private:
  static constexpr unsigned step_bits = 6;
  static constexpr std::size_t steps = 1U << step_bits;
  static constexpr std::size_t powers = 64 - step_bits;

  // Times below 2 * steps have a step each. Above, `shift` low bits are left out, and what remains
  // lies between steps and 2 * steps.
  static std::size_t index_of(std::uint64_t time) {
    const auto width = static_cast<unsigned>(std::bit_width(time));
    const unsigned shift = width > step_bits + 1 ? width - step_bits - 1 : 0;
    return shift * steps + static_cast<std::size_t>(time >> shift);
  }
  static std::uint64_t upper_end_of(std::size_t index) {
    if (index < 2 * steps) return index;
    const std::size_t shift = index / steps - 1;
    const std::uint64_t step = index - shift * steps;
    return ((step + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (powers + 1) * steps> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};
