#include <algorithm>
#include <cstring>
#include <utility>

#include <rondo/net/detail/telnet_transport.h>

namespace rondo::detail {

void TelnetTransport::connection_made(Transport& below) {
  below_ = &below;
  for (const char* name : {"peername", "sockname", "socket"})
    set_extra_info(name, below.get_extra_info(name));
  write_raw(codec_.greeting());
  above_->connection_made(*this);
}

void TelnetTransport::buffer_updated(std::size_t count) {
  TelnetInput input;
  try {
    codec_.receive({room_.data(), count}, input);
  } catch (const TelnetError& error) {
    error_ =
        std::make_exception_ptr(TelnetError(get_extra_info("peername") + " sent " + error.what()));
  }
  if (!write_eof_) write_raw(input.replies);
  pass_on(input.data);
  for (const telnet::Command command : input.commands)
    if (on_command_) on_command_(command);
  if (error_) abort();
}

void TelnetTransport::pass_on(std::string_view data) {
  while (!data.empty()) {
    const std::span<char> room = above_->get_buffer();
    const std::size_t count = std::min(room.size(), data.size());
    std::memcpy(room.data(), data.data(), count);
    data.remove_prefix(count);
    above_->buffer_updated(count);
  }
}

void TelnetTransport::connection_lost(std::exception_ptr error) {
  below_ = nullptr;
  on_command_ = nullptr;
  const std::shared_ptr<Protocol> above = std::move(above_);
  above->connection_lost(error_ ? error_ : error);
}

void TelnetTransport::pause_writing() {
  codec_.set_congested(true);
  above_->pause_writing();
}

void TelnetTransport::resume_writing() {
  codec_.set_congested(false);
  above_->resume_writing();
}

void TelnetTransport::write(std::string_view bytes) {
  if (below_ == nullptr) return;
  std::string encoded;
  encoded.reserve(bytes.size() + bytes.size() / 8);
  codec_.send(bytes, encoded);
  below_->write(encoded);
}

void TelnetTransport::write_raw(std::string_view bytes) {
  if (below_ != nullptr && !bytes.empty()) below_->write(bytes);
}

void TelnetTransport::write_eof() {
  write_eof_ = true;
  if (below_ != nullptr) below_->write_eof();
}

void TelnetTransport::close() {
  if (below_ != nullptr) below_->close();
}

void TelnetTransport::abort() {
  if (below_ != nullptr) below_->abort();
}

void TelnetTransport::pause_reading() {
  if (below_ != nullptr) below_->pause_reading();
}

void TelnetTransport::resume_reading() {
  if (below_ != nullptr) below_->resume_reading();
}

void TelnetTransport::limits_changed() {
  const WriteBufferLimits limits = get_write_buffer_limits();
  if (below_ != nullptr) below_->set_write_buffer_limits(limits.high, limits.low);
}

}  // namespace rondo::detail
