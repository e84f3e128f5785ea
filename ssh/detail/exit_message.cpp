#include <new>

#include <rondo/ssh/detail/exit_message.h>
#include <rondo/ssh/detail/scanner.h>

namespace rondo::ssh::detail {

namespace {

constexpr unsigned char channel_open_confirmation = 91;
constexpr unsigned char channel_request = 98;

}  // namespace

std::optional<ExitMessage> exit_message(std::string_view packet) noexcept try {
  Scanner fields(packet);
  if (fields.byte() != channel_request) return std::nullopt;
  ExitMessage message;
  message.channel = fields.number();
  const std::string_view what = fields.string();
  fields.byte();  // whether the server wants an answer
  if (what == "exit-status") {
    message.exit.status = static_cast<int>(fields.number());
  } else if (what == "exit-signal") {
    const std::string_view name = fields.string();
    const bool core_dumped = fields.byte() != 0;
    message.exit.signal = ExitSignal(std::string(name), core_dumped, std::string(fields.string()));
  } else {
    return std::nullopt;
  }
  if (fields.bad()) return std::nullopt;
  return message;
} catch (const std::bad_alloc&) {
  return std::nullopt;
}

std::optional<std::uint32_t> opened_channel(std::string_view packet) noexcept {
  Scanner fields(packet);
  if (fields.byte() != channel_open_confirmation) return std::nullopt;
  const std::uint32_t number = fields.number();
  if (fields.bad()) return std::nullopt;
  return number;
}

}  // namespace rondo::ssh::detail
