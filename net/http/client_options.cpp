#include <algorithm>
#include <cstdint>

#include <rondo/net/http/client_options.h>
#include <rondo/runtime/errors.h>

namespace rondo::http {

namespace {

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text += k <= group.size() ? digits[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char character) {
    return static_cast<unsigned char>(character) < ' ' || character == 0x7f;
  });
}

}  // namespace

BasicAuth::BasicAuth(std::string login, std::string password)
    : login_(std::move(login)), password_(std::move(password)) {
  if (login_.find(':') != std::string::npos) {
    throw ValueError("basic authentication: a user's name cannot hold a colon");
  }
  if (has_control_character(login_) || has_control_character(password_)) {
    throw ValueError("basic authentication: neither part can hold a control character");
  }
}

std::string BasicAuth::encode() const {
  return "Basic " + base64(login_ + ':' + password_);
}

RequestOptions::RequestOptions() = default;
SessionOptions::SessionOptions() = default;

}  // namespace rondo::http
