#pragma once

#include <string>
#include <utility>

#include <nlohmann/json_fwd.hpp>

#include <rondo/net/http/body.h>
#include <rondo/net/http/headers.h>

// Response: what a handler answers.
//
//     co_return http::Response("hello\n");
//     co_return http::Response("no such device\n", 404);
//     co_return http::json_response(value);
//     co_return http::Response(lines_of(file));     // an AsyncGenerator<std::string>

namespace rondo::http {

class Response {
 public:
  /// The length of the body, the date and what becomes of the connection are added when it is sent;
  /// a "Connection: close" among the headers is obeyed. A generator is sent in chunks while it
  /// runs; an exception in it breaks the connection off, so that the client knows.
  Response(Body content = Body(), int status_code = 200,  // NOLINT(google-explicit-constructor)
           Headers fields = Headers())
      : status(status_code), headers(std::move(fields)), body(std::move(content)) {}

  int status;          ///< 200 to 599
  std::string reason;  ///< empty: the usual one
  Headers headers;
  Body body;
};

/// The value as "application/json". Throws what nlohmann::json throws for text that is not UTF-8.
Response json_response(const nlohmann::json& value, int status = 200);

}  // namespace rondo::http
