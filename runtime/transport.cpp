#include <rondo/runtime/errors.h>
#include <rondo/runtime/transport.h>

namespace rondo {

void Transport::set_write_buffer_limits(std::optional<std::size_t> high,
                                        std::optional<std::size_t> low) {
  constexpr std::size_t times = 4;
  WriteBufferLimits limits;
  if (high) limits = {*high / times, *high};
  if (low) limits = {*low, high ? *high : times * *low};
  if (limits.low > limits.high) {
    throw ValueError("high (" + std::to_string(limits.high) + ") must be >= low (" +
                     std::to_string(limits.low) + ")");
  }
  limits_ = limits;
  limits_changed();
}

void Transport::set_protocol(std::shared_ptr<Protocol>) {
  throw RuntimeError("this transport keeps its protocol: set_protocol() is not for it");
}

}  // namespace rondo
