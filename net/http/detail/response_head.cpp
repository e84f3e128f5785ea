#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include <rondo/net/http/detail/response_head.h>
#include <rondo/net/http/status.h>
#include <rondo/runtime/errors.h>

namespace rondo::http::detail {

namespace {

bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 3> ours{"Content-Length", "Transfer-Encoding",
                                                 "Connection"};
  return std::ranges::any_of(ours, [name](std::string_view one) { return same_name(one, name); });
}

}  // namespace

std::string http_date() {
  constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d GMT",
                days.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                months.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text;
}

std::string response_head(const Response& response, const ResponsePlan& plan,
                          const std::string& server_name) {
  if (response.status < 200 || response.status > 599) {
    throw ValueError("an HTTP response of status " + std::to_string(response.status) +
                     " cannot be sent: 200 to 599");
  }
  if (!std::ranges::all_of(response.reason, is_value_character)) {
    throw ValueError("an HTTP reason is refused: it holds a control character");
  }
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  text += response.reason.empty() ? reason_phrase(response.status) : response.reason;
  text += "\r\n";
  const auto append = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  for (const auto& [name, value] : response.headers) {
    if (!is_ours(name)) append(name, value);
  }
  if (!response.body.none() && !response.headers.contains("Content-Type")) {
    const std::string& type = response.body.content_type();
    append("Content-Type", type.empty() ? "text/plain; charset=utf-8" : type);
  }
  if (plan.end == BodyEnd::chunked) append("Transfer-Encoding", "chunked");
  if (plan.end == BodyEnd::length && response.status != 204 && response.status != 304) {
    append("Content-Length", std::to_string(response.body.bytes().size()));
  }
  if (!response.headers.contains("Date")) append("Date", http_date());
  if (!server_name.empty() && !response.headers.contains("Server")) append("Server", server_name);
  if (!plan.keep_alive) append("Connection", "close");
  if (plan.keep_alive && plan.say_keep_alive) append("Connection", "keep-alive");
  return text + "\r\n";
}

}  // namespace rondo::http::detail
