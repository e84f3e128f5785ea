#pragma once

#include <optional>
#include <string>

#include <rondo/devices/options.h>
#include <rondo/devices/transport.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>
#include <rondo/ssh/connection.h>

// SSH to a device: one connection, and a shell on a terminal in it.

namespace rondo::devices::detail {

class SshTransport final : public Transport {
 public:
  /// `options` must outlive this.
  explicit SshTransport(const Options& options) : options_(options) {}

  Coroutine<void> open() override;
  Coroutine<std::string> read() override;
  void write(std::string_view bytes) override;
  Coroutine<void> close() override;
  bool isalive() const noexcept override;

 private:
  class Shell {
   public:
    StreamWriter writer;
    StreamReader reader;
  };

  Coroutine<void> connect();

  const Options& options_;
  std::optional<ssh::Connection> connection_;  // from the login on
  std::optional<Shell> shell_;                 // while it is open
};

}  // namespace rondo::devices::detail
