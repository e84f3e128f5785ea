#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>

// Transport and Protocol: the two halves of a connection, below the streams.
//
// A transport moves bytes: over a descriptor, or over a channel of an SSH session. A protocol is
// told about them. All calls come on the loop's thread, and a protocol resumes nobody; it puts what
// it wakes on the ready queue. These are asyncio.Transport and asyncio.BufferedProtocol, and below
// them what transports and protocols of datagrams share with them.

namespace rondo {

class Transport;

/// What is known of a connection, by name.
using ExtraInfo = std::map<std::string, std::string, std::less<>>;

/// Bytes; `low` is not above `high`.
struct WriteBufferLimits {
  std::size_t low = 16 * 1024;
  std::size_t high = 64 * 1024;
};

/// What every protocol is told.
class BaseProtocol {
 public:
  BaseProtocol() = default;
  BaseProtocol(const BaseProtocol&) = delete;
  BaseProtocol& operator=(const BaseProtocol&) = delete;
  virtual ~BaseProtocol() = default;

  /// The connection is over and its descriptor closed; null unless an error ended it. Last call of
  /// all.
  virtual void connection_lost(std::exception_ptr error) = 0;
  /// More is waiting to be sent than the high-water mark.
  virtual void pause_writing() {}
  /// It has fallen to the low-water mark.
  virtual void resume_writing() {}
};

class Protocol : public BaseProtocol {
 public:
  /// The connection stands. First call of all.
  virtual void connection_made(Transport& transport) = 0;
  /// Room for the next bytes, never empty; it stays in place until `buffer_updated`, `eof_received`
  /// or `connection_lost`.
  virtual std::span<char> get_buffer() = 0;
  /// The first `count` bytes of that room are filled.
  virtual void buffer_updated(std::size_t count) = 0;
  /// Bytes that came in other memory, which is good for the length of the call. Without a method of
  /// its own a protocol gets them into its room.
  virtual void data_received(std::string_view bytes);
  /// The same, and the bytes stay in place until `keep_lent_bytes`, which follows in this turn of
  /// the loop: a protocol need not copy what is used up by then. (rondo's own.)
  virtual void data_lent(std::string_view bytes) { data_received(bytes); }
  /// What is left of them, and of earlier ones, is to be copied now.
  virtual void keep_lent_bytes() {}
  /// The peer will send no more. The transport stays open for writing.
  virtual void eof_received() = 0;
  /// The peer's bytes end here, but there should be more: somebody has cut them off. Only from a
  /// layer that can tell, as TLS can; `connection_lost` follows, with the same error.
  virtual void stream_cut_off([[maybe_unused]] const std::exception_ptr& error) {}
};

/// What every transport can do.
class BaseTransport {
 public:
  BaseTransport() = default;
  BaseTransport(const BaseTransport&) = delete;
  BaseTransport& operator=(const BaseTransport&) = delete;

  /// Stops reading, sends what was written, then closes.
  virtual void close() = 0;
  /// Closes at once; what was not sent is dropped.
  virtual void abort() = 0;
  virtual bool is_closing() const noexcept = 0;

  /// Bytes that were written and that the kernel, or whatever is below, has not taken yet.
  virtual std::size_t get_write_buffer_size() const noexcept = 0;
  /// Above `high` bytes waiting, the protocol is paused; at `low` it goes on. Without `low` it is a
  /// quarter of `high`; without `high`, four times `low`; without both, 64 KiB and 16 KiB. What
  /// waits already counts at once. Throws ValueError when `low` is above `high`.
  void set_write_buffer_limits(std::optional<std::size_t> high = std::nullopt,
                               std::optional<std::size_t> low = std::nullopt);
  WriteBufferLimits get_write_buffer_limits() const noexcept { return limits_; }

  /// What is known of the connection: "peername", "sockname", "socket" (the number of its
  /// descriptor, for getsockopt and the like); empty for names that are not.
  std::string get_extra_info(std::string_view name) const {
    const auto entry = extra_info_.find(name);
    return entry == extra_info_.end() ? std::string() : entry->second;
  }
  void set_extra_info(std::string name, std::string value) {
    extra_info_.insert_or_assign(std::move(name), std::move(value));
  }
  void set_extra_info(ExtraInfo info) { extra_info_ = std::move(info); }

 protected:
  ~BaseTransport() = default;

  /// Tells the protocol when the amount that waits to be sent has crossed a mark.
  void check_water_marks(BaseProtocol& protocol) {
    check_water_marks(protocol, get_write_buffer_size());
  }
  void check_water_marks(BaseProtocol& protocol, std::size_t size) {
    if (protocol_paused_ ? size <= limits_.low : size > limits_.high) cross_mark(protocol);
  }
  /// Is the protocol paused? If not, less to send crosses no mark.
  bool writing_paused() const noexcept { return protocol_paused_; }

 private:
  void cross_mark(BaseProtocol& protocol);
  /// The limits have changed: a transport checks its marks.
  virtual void limits_changed() {}

  WriteBufferLimits limits_;
  bool protocol_paused_ = false;
  ExtraInfo extra_info_;
};

class Transport : public BaseTransport {
 public:
  /// The protocol that is told. `set_protocol` puts another one in its place, which must be told by
  /// others that the connection stands; what the kernel has of the peer's bytes by then goes to the
  /// new one. Nothing happens after the connection was lost. A transport that cannot do so knows no
  /// protocol (null), and set_protocol throws RuntimeError. See asyncio's BaseTransport.
  virtual std::shared_ptr<Protocol> get_protocol() const { return nullptr; }
  virtual void set_protocol(std::shared_ptr<Protocol> protocol);

  /// Takes all bytes over and sends them in the background. After the connection was lost they are
  /// dropped. Throws RuntimeError after `write_eof`.
  virtual void write(std::string_view bytes) = 0;
  /// Sends what was written, then ends this direction.
  virtual void write_eof() = 0;
  virtual bool can_write_eof() const noexcept = 0;
  /// `write` for each element of a range.
  template <std::ranges::input_range R>
    requires std::convertible_to<std::ranges::range_reference_t<R>, std::string_view>
  void writelines(R&& lines) {
    for (auto&& line : lines)
      write(line);
  }

  /// No more calls of `buffer_updated` until `resume_reading`, except for one that is under way.
  /// Calling either twice is the same as once.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
  /// False while reading is paused, and once the transport is closing. (Here: of a transport that
  /// cannot be paused.)
  virtual bool is_reading() const noexcept { return !is_closing(); }

 protected:
  ~Transport() = default;
};

}  // namespace rondo
