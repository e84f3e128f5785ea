#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/net/telnet_codec.h>
#include <rondo/runtime/transport.h>

// Telnet between a transport and a protocol: to the socket's transport it is the protocol, to the
// protocol above it is the transport, as asyncio has it for TLS. It holds nothing back: what comes
// is taken apart and passed on at once, what is written goes down at once, and so whoever pauses
// either direction pauses the one below.
//
// The transport below holds it until the connection is lost; it holds the protocol above.

namespace rondo::detail {

class TelnetTransport final : public Protocol,
                              public Transport,
                              public std::enable_shared_from_this<TelnetTransport> {
 public:
  TelnetTransport(TelnetCodec::Role role, TelnetOptions options, std::shared_ptr<Protocol> above)
      : codec_(role, std::move(options)), above_(std::move(above)) {}

  // What the transport below calls.
  void connection_made(Transport& below) override;
  std::span<char> get_buffer() override { return room_; }
  void buffer_updated(std::size_t count) override;
  void eof_received() override { above_->eof_received(); }
  void connection_lost(std::exception_ptr error) override;
  void pause_writing() override;
  void resume_writing() override;

  // What the protocol above calls.
  void write(std::string_view bytes) override;
  void write_eof() override;
  bool can_write_eof() const noexcept override { return below_ != nullptr; }
  void close() override;
  void abort() override;
  bool is_closing() const noexcept override { return below_ == nullptr || below_->is_closing(); }
  void pause_reading() override;
  void resume_reading() override;
  bool is_reading() const noexcept override { return below_ != nullptr && below_->is_reading(); }
  std::size_t get_write_buffer_size() const noexcept override {
    return below_ == nullptr ? 0 : below_->get_write_buffer_size();
  }

  // What TelnetWriter calls.
  TelnetCodec& codec() noexcept { return codec_; }
  /// Sends what is telnet's own. Throws RuntimeError after write_eof.
  void write_raw(std::string_view bytes);
  void on_command(std::function<void(telnet::Command)> handler) {
    on_command_ = std::move(handler);
  }

 private:
  static constexpr std::size_t room_size = 16 * 1024;

  void limits_changed() override;
  void pass_on(std::string_view data);

  TelnetCodec codec_;
  std::shared_ptr<Protocol> above_;  // null once the connection is lost
  Transport* below_ = nullptr;       // null before the connection is made and after it is lost
  std::vector<char> room_ = std::vector<char>(room_size);  // what comes from below, as it comes
  std::function<void(telnet::Command)> on_command_;
  bool write_eof_ = false;
  std::exception_ptr error_;  // what the peer did to end the connection; null for nothing
};

}  // namespace rondo::detail
