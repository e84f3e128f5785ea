#include <cerrno>

#include <rondo/runtime/epoll.h>

// What epoll is told about descriptors, and what it says about them.

namespace rondo {

namespace {

// A descriptor that is said to be ready so often, and is not, is left alone for a while.
constexpr std::uint8_t most_in_vain = 8;

std::uint32_t wanted_by(const Request& request) noexcept {
  return static_cast<std::uint16_t>(detail::awaited_events(request));
}

}  // namespace

void Epoll::mark_changed(int fd, Watch& watch) {
  if (watch.changed) return;
  watch.changed = true;
  changed_.push_back(fd);
}

void Epoll::tell_epoll() {
  for (const int fd : changed_) {
    const auto found = watches_.find(fd);
    if (found == watches_.end() || !found->second.changed) continue;
    found->second.changed = false;
    if (!found->second.waiters.empty()) arm(fd, found->second);
  }
  changed_.clear();
}

bool Epoll::tell(int operation, int fd, Watch& watch) noexcept {
  epoll_event event{};
  event.events = EPOLLONESHOT;
  event.data.u64 = std::uint64_t{watch.generation} << 32 | static_cast<std::uint32_t>(fd);
  watch.waiters.for_each_until([&event](const Pending& pending) {
    event.events |= wanted_by(pending.request);
    return false;
  });
  return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

void Epoll::arm(int fd, Watch& watch) {
  const int error_number = arm_or_error(fd, watch);
  if (error_number != 0) return cannot_be_armed(watch, error_number);
  watch.waiters.for_each_until([](Pending& pending) {
    pending.armed = true;
    return false;
  });
}

int Epoll::arm_or_error(int fd, Watch& watch) {
  if (watch.generation != 0) {
    if (tell(EPOLL_CTL_MOD, fd, watch)) return 0;
    if (errno != ENOENT) return errno;
    // The number means another file now. Who waited for the old one must not get the new one's
    // bytes.
    watch.waiters.for_each_until([this](Pending& pending) {
      if (pending.armed) settle(pending, -EBADF);
      return false;
    });
    if (watch.waiters.empty()) return 0;
  }
  if (++last_generation_ == 0) ++last_generation_;
  watch.generation = last_generation_;
  if (tell(EPOLL_CTL_ADD, fd, watch)) return 0;
  watch.generation = 0;
  return errno;
}

void Epoll::cannot_be_armed(Watch& watch, int error_number) {
  watch.waiters.for_each_until([this, error_number](Pending& pending) {
    switch (error_number) {
      case EPERM:  // one cannot wait for it: a poll that finds nothing never will
        if (pending.request.opcode == Opcode::poll) break;
        pending.attempts.kind = detail::DescriptorKind::file;
        hand_to_thread(pending);
        break;
      case ENOMEM:
      case ENOSPC:
        rest(pending);
        break;
      default:
        settle(pending, -error_number);
    }
    return false;
  });
}

void Epoll::event_came(const epoll_event& event) {
  const std::uint64_t place = event.data.u64;
  if (place == wake_tag) return calls_.drain();
  const auto found = watches_.find(static_cast<int>(place & UINT32_MAX));
  // Of a file that had this number before, and lives on somewhere: epoll has forgotten it now.
  if (found == watches_.end() || found->second.generation != place >> 32) return;
  Watch& watch = found->second;
  watch.drained = false;
  try_waiters(watch, event.events);
  if (!watch.waiters.empty()) mark_changed(found->first, watch);
}

void Epoll::try_waiters(Watch& watch, std::uint32_t events) {
  constexpr std::uint32_t concerns_all = EPOLLERR | EPOLLHUP;
  std::uint32_t blocked = 0;  // events that are known not to be there, whatever epoll says
  watch.waiters.for_each_until([&](Pending& pending) {
    const std::uint32_t wanted = wanted_by(pending.request);
    if ((events & (wanted | concerns_all)) == 0) return false;
    const bool polls = pending.request.opcode == Opcode::poll;
    if (!polls && (wanted & ~blocked) == 0) return false;
    const int result = detail::attempt(pending.request, pending.attempts);
    if (result != -EAGAIN) {
      note_receive(watch, pending.request, result);
      settle(pending, result);
      return false;
    }
    if (detail::speaks_for_others(pending.request.opcode)) blocked |= wanted;
    if (++pending.in_vain >= most_in_vain) {
      pending.in_vain = most_in_vain - 1;
      rest(pending);
    }
    return false;
  });
}

}  // namespace rondo
