#pragma once

#include <string>

#include <rondo/net/http/detail/send.h>
#include <rondo/net/http/response.h>

namespace rondo::http::detail {

/// How a response goes over the wire.
struct ResponsePlan {
  BodyEnd end = BodyEnd::length;
  bool with_body = true;  // false for HEAD, 204 and 304
  bool keep_alive = true;
  bool say_keep_alive = false;  // HTTP/1.0 wants it said
};

/// Status line and headers, the empty line included. Throws ValueError for a status or a reason
/// that cannot be sent.
std::string response_head(const Response& response, const ResponsePlan& plan,
                          const std::string& server_name);

/// The present time as "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string http_date();

}  // namespace rondo::http::detail
