#include <http_parser.h>

#include <rondo/net/http/status.h>

namespace rondo::http {

std::string_view reason_phrase(int status) noexcept {
  if (status < 100 || status > 511) return "Unknown";
  const std::string_view known = http_status_str(static_cast<http_status>(status));
  return known == "<unknown>" ? std::string_view("Unknown") : known;
}

}  // namespace rondo::http
