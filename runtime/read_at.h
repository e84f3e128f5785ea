#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/errors.h>

// read_at: bytes of a file, from a place in it.
//
// One operation of the kernel, whose memory lies in the frame of whoever awaits it; the bytes go
// straight into the caller's buffer. Any number may be under way on one descriptor.

namespace rondo {

namespace detail {

class ReadAtAwaiter final : public OperationAwaiter {
 public:
  using OperationAwaiter::OperationAwaiter;
  std::size_t await_resume() {
    const int result = OperationAwaiter::await_resume();
    if (result < 0) throw_os_error(-result, "read");
    return static_cast<std::size_t>(result);
  }
};

}  // namespace detail

/// What `read_at` returns: to be awaited.
class [[nodiscard]] ReadAt {
 public:
  explicit ReadAt(const Request& request) noexcept : request_(request) {}
  detail::ReadAtAwaiter operator co_await() const noexcept {
    return detail::ReadAtAwaiter(request_);
  }

 private:
  Request request_;
};

/// `co_await read_at(fd, buffer, offset)` reads from byte `offset` of the file on, and yields how
/// many bytes came: fewer than the buffer holds near the end of the file, 0 at its end. The buffer
/// and the descriptor must stay until then. A cancelled read still waits for the kernel's answer,
/// and then throws CancelledError. Throws OSError when the kernel refuses. See os.pread.
inline ReadAt read_at(int fd, std::span<std::byte> buffer, std::uint64_t offset) noexcept {
  constexpr std::size_t most = std::numeric_limits<std::int32_t>::max();
  Request request{Opcode::read, fd, buffer.data(),
                  static_cast<std::uint32_t>(std::min(buffer.size(), most))};
  request.offset = offset;
  return ReadAt(request);
}

}  // namespace rondo
