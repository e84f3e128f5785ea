#include <algorithm>
#include <cstring>

#include <rondo/runtime/errors.h>
#include <rondo/runtime/transport.h>

namespace rondo {

void BaseTransport::set_write_buffer_limits(std::optional<std::size_t> high,
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

void BaseTransport::cross_mark(BaseProtocol& protocol) {
  protocol_paused_ = !protocol_paused_;
  protocol_paused_ ? protocol.pause_writing() : protocol.resume_writing();
}

void Protocol::data_received(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> room = get_buffer();
    const std::size_t count = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), count);
    buffer_updated(count);
    bytes.remove_prefix(count);
  }
}

void Transport::set_protocol(std::shared_ptr<Protocol>) {
  throw RuntimeError("this transport keeps its protocol: set_protocol() is not for it");
}

}  // namespace rondo
