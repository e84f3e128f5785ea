#pragma once

#include <string_view>

namespace rondo::http {

/// "Not Found" for 404; "Unknown" for a number that means nothing. See RFC 9110, 15.
std::string_view reason_phrase(int status) noexcept;

}  // namespace rondo::http
