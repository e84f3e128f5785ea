#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <rondo/net/http/url.h>
#include <rondo/runtime/async_generator.h>

// Body: what a request or a response carries.
//
// Either its bytes are all there, and the peer is told their number; or an asynchronous generator
// makes them piece by piece while they are sent (chunked), so that a body may be larger than the
// memory, or without an end. A generator runs once, so what it makes cannot be sent again.

namespace rondo::http {

class Body {
 public:
  /// None.
  Body() noexcept = default;
  /// These bytes. The content type is "application/octet-stream" in a request, and "text/plain;
  /// charset=utf-8" in a response, unless it is given here or among the headers.
  Body(std::string bytes, std::string content_type = {})  // NOLINT(google-explicit-constructor)
      : content_(std::move(bytes)), content_type_(std::move(content_type)) {}
  Body(const char* bytes) : Body(std::string(bytes)) {}       // NOLINT(google-explicit-constructor)
  Body(std::string_view bytes) : Body(std::string(bytes)) {}  // NOLINT(google-explicit-constructor)
  /// What the generator yields; empty pieces are left out. It is closed by `aclose` whatever
  /// happens while it is being sent.
  Body(AsyncGenerator<std::string> pieces,  // NOLINT(google-explicit-constructor)
       std::string content_type = {})
      : content_(std::move(pieces)), content_type_(std::move(content_type)) {}

  bool none() const noexcept { return content_.index() == 0; }
  /// True when a generator makes it.
  bool is_stream() const noexcept { return content_.index() == 2; }
  /// Its bytes; empty for a stream and for none.
  const std::string& bytes() const noexcept;
  const std::string& content_type() const noexcept { return content_type_; }
  /// The generator, which is the caller's from now on.
  AsyncGenerator<std::string> take_stream() { return std::move(std::get<2>(content_)); }
  /// The same again, without the content of a stream.
  Body copy() const;

 private:
  std::variant<std::monostate, std::string, AsyncGenerator<std::string>> content_;
  std::string content_type_;  // empty: the usual one
};

/// A form as browsers send it: "application/x-www-form-urlencoded".
Body form(const Query& fields);

}  // namespace rondo::http
