#include <algorithm>
#include <utility>

#include <rondo/devices/detail/telnet_transport.h>
#include <rondo/devices/detail/transport_errors.h>
#include <rondo/devices/detail/transport_limits.h>
#include <rondo/devices/errors.h>
#include <rondo/net/open_connection.h>
#include <rondo/runtime/wait_for.h>

namespace rondo::devices::detail {

namespace {

TelnetOptions telnet_options(const Options& options) {
  TelnetOptions telnet;
  telnet.terminal_type = options.terminal_type;
  telnet.columns =
      static_cast<std::uint16_t>(std::clamp(options.terminal_size.columns(), 0, 65535));
  telnet.rows = static_cast<std::uint16_t>(std::clamp(options.terminal_size.rows(), 0, 65535));
  return telnet;
}

ConnectOptions connect_options(const Options& options) {
  ConnectOptions how;
  const std::chrono::seconds interval = options.keepalive_interval;
  if (interval.count() != 0) how.keep_alive = KeepAlive{interval, interval, 3};
  return how;
}

}  // namespace

TelnetTransport::TelnetTransport(const Options& options)
    : options_(options), codec_(TelnetCodec::Role::client, telnet_options(options)) {}

Coroutine<void> TelnetTransport::open() {
  const Duration limit = options_.timeout_socket;
  auto connecting = connect();
  if (limit > Duration::zero()) connecting = wait_for(std::move(connecting), limit);
  co_await translated(std::move(connecting), options_.peer());
}

Coroutine<void> TelnetTransport::connect() {
  auto opening =
      options_.tunnel
          ? options_.tunnel->open_connection(options_.host, options_.effective_port())
          : open_connection(options_.host, options_.effective_port(), connect_options(options_));
  auto [reader, writer] = co_await opening;
  writer.write(codec_.greeting());
  stream_.emplace(Stream{reader, writer});
}

Coroutine<std::string> TelnetTransport::read() {
  const Stream stream = *stream_;
  TelnetInput input;
  while (input.data.empty()) {
    const std::string bytes = co_await stream.reader.read(most_at_once);
    if (bytes.empty()) break;
    codec_.receive(bytes, input);
    stream.writer.write(std::exchange(input.replies, {}));
  }
  co_return std::move(input.data);
}

void TelnetTransport::write(std::string_view bytes) {
  if (!stream_) return;
  std::string encoded;
  codec_.send(bytes, encoded);
  stream_->writer.write(encoded);
}

Coroutine<void> TelnetTransport::close() {
  if (!stream_) co_return;
  const Stream stream = *std::exchange(stream_, std::nullopt);
  stream.writer.close();
  try {
    auto closed = stream.writer.wait_closed();
    co_await wait_for(std::move(closed), time_to_close);
    co_return;
  } catch (const std::exception&) {
    // It was lost before, or the device takes no more bytes: it is to be closed in any case.
  }
  if (rondo::Transport* const transport = stream.writer.transport()) transport->abort();
  auto aborted = stream.writer.wait_closed();
  co_await ignoring_errors(std::move(aborted));
}

bool TelnetTransport::isalive() const noexcept {
  return stream_ && !stream_->writer.is_closing() && !stream_->reader.at_eof();
}

}  // namespace rondo::devices::detail
