#include <new>

#include <rondo/ssh/detail/exit_message.h>

namespace rondo::ssh::detail {

namespace {

constexpr char channel_open_confirmation = 91;
constexpr char channel_request = 98;

/// Takes the fields of a packet one after the other. One that is not whole is zero or empty, and
/// then `good` is false.
class Fields {
 public:
  explicit Fields(std::string_view packet) noexcept : rest_(packet) {}

  bool good() const noexcept { return good_; }
  char byte() noexcept {
    const std::string_view bytes = take(1);
    return bytes.empty() ? '\0' : bytes[0];
  }
  std::uint32_t number() noexcept {
    std::uint32_t value = 0;
    for (const char byte : take(4))
      value = value << 8U | static_cast<unsigned char>(byte);
    return value;
  }
  std::string_view string() noexcept { return take(number()); }

 private:
  std::string_view take(std::size_t count) noexcept {
    if (count > rest_.size()) good_ = false;
    if (!good_) return {};
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }

  std::string_view rest_;
  bool good_ = true;  // all that was taken was there
};

}  // namespace

std::optional<ExitMessage> exit_message(std::string_view packet) noexcept try {
  Fields fields(packet);
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
  if (!fields.good()) return std::nullopt;
  return message;
} catch (const std::bad_alloc&) {
  return std::nullopt;
}

std::optional<std::uint32_t> opened_channel(std::string_view packet) noexcept {
  Fields fields(packet);
  if (fields.byte() != channel_open_confirmation) return std::nullopt;
  const std::uint32_t number = fields.number();
  if (!fields.good()) return std::nullopt;
  return number;
}

}  // namespace rondo::ssh::detail
