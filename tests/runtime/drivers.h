#pragma once

#include <array>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/syscall.h>
#include <unistd.h>

#include <rondo/runtime/epoll.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/ring.h>

// The ways to the kernel that there are here, for tests of what each of them must do.

namespace rondo::test {

/// An opcode that no kernel has.
constexpr auto nonsense = static_cast<Opcode>(200);

/// Does the kernel lack io_uring, or deny it?
inline bool io_uring_is_missing() {
  static const bool missing = ::syscall(SYS_io_uring_setup, 0, nullptr) != 0 &&
                              (errno == ENOSYS || errno == EPERM || errno == EACCES);
  return missing;
}

/// Says that the test `what`, which is about the ring itself, is skipped, if it must be.
inline bool skip_without_ring(const char* what) {
  if (!io_uring_is_missing()) return false;
  std::printf("SKIP %s: io_uring is missing or denied here\n", what);
  return true;
}

/// io_uring, or epoll where that is missing; never a simulated kernel.
inline std::unique_ptr<Driver> real_driver() {
  if (io_uring_is_missing()) return std::make_unique<Epoll>();
  return std::make_unique<Ring>();
}

/// A way to make a driver, with a name for messages.
struct DriverKind {
  std::string name;
  std::function<std::unique_ptr<Driver>()> make;

  /// Of a loop over such a driver.
  LoopOptions options() const {
    LoopOptions loop_options;
    loop_options.make_driver = make;
    return loop_options;
  }
};

inline DriverKind kind_of(std::string name, RingOptions options) {
  return {std::move(name), [options] { return std::make_unique<Ring>(options); }};
}
inline DriverKind kind_of(std::string name, EpollOptions options) {
  return {std::move(name), [options] { return std::make_unique<Epoll>(options); }};
}

inline RingOptions with_entries(unsigned entries) {
  RingOptions options;
  options.entries = entries;
  return options;
}

/// Epoll as old kernels have it, with a single thread.
inline EpollOptions old_epoll() {
  EpollOptions options;
  options.precise_waits = options.no_wait = false;
  options.threads = 1;
  return options;
}

/// The epoll of today's kernels, and an old one's.
inline const std::array<EpollOptions, 2> both_kinds_of_epoll{EpollOptions(), old_epoll()};

/// The ring with each set of flags; none where io_uring is missing.
inline std::vector<DriverKind> rings() {
  if (io_uring_is_missing()) return {};
  RingOptions cooperative;
  cooperative.defer_taskrun = false;
  RingOptions plain = cooperative;
  plain.coop_taskrun = false;
  return {kind_of("ring", RingOptions()), kind_of("cooperative ring", cooperative),
          kind_of("plain ring", plain), kind_of("ring of 4 entries", with_entries(4))};
}

/// Every real way to the kernel.
inline std::vector<DriverKind> real_drivers() {
  std::vector<DriverKind> kinds = rings();
  kinds.push_back(kind_of("epoll", EpollOptions()));
  kinds.push_back(kind_of("old epoll", old_epoll()));
  return kinds;
}

}  // namespace rondo::test
