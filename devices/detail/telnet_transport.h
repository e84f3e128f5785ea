#pragma once

#include <optional>
#include <string>

#include <rondo/devices/options.h>
#include <rondo/devices/transport.h>
#include <rondo/net/telnet_codec.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// Telnet to a device, straight or through a jump host; the login is the driver's.

namespace rondo::devices::detail {

class TelnetTransport final : public Transport {
 public:
  /// `options` must outlive this. Throws ValueError for a terminal that telnet cannot name.
  explicit TelnetTransport(const Options& options);

  Coroutine<void> open() override;
  Coroutine<std::string> read() override;
  void write(std::string_view bytes) override;
  Coroutine<void> close() override;
  bool isalive() const noexcept override;

 private:
  class Stream {
   public:
    StreamReader reader;
    StreamWriter writer;
  };

  Coroutine<void> connect();

  const Options& options_;
  TelnetCodec codec_;
  std::optional<Stream> stream_;  // while it is open
};

}  // namespace rondo::devices::detail
