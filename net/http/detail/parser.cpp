#include <algorithm>
#include <charconv>
#include <utility>

#include <rondo/net/http/detail/parser.h>

namespace rondo::http::detail {

Parser::Parser(Kind kind, const Limits& limits) noexcept
    : head_guard_(kind == Kind::request ? FirstLine::request : FirstLine::status,
                  std::min(limits.head, Limits::max_head)),
      chunk_guard_(limits.trailer),
      kind_(kind) {
  http_parser_init(&parser_, kind == Kind::request ? HTTP_REQUEST : HTTP_RESPONSE);
  parser_.data = this;
}

const http_parser_settings& Parser::callbacks() noexcept {
  static const http_parser_settings settings = [] {
    http_parser_settings made{};
    made.on_url = [](http_parser* parser, const char* text, std::size_t length) {
      self(parser).head_.target.append(text, length);
      return 0;
    };
    made.on_status = [](http_parser* parser, const char* text, std::size_t length) {
      self(parser).head_.reason.append(text, length);
      return 0;
    };
    made.on_header_field = on_header_field;
    made.on_header_value = on_header_value;
    made.on_headers_complete = on_headers_complete;
    made.on_body = [](http_parser* parser, const char* text, std::size_t length) {
      self(parser).body_.append(text, length);
      return 0;
    };
    made.on_message_complete = [](http_parser* parser) {
      self(parser).complete_ = true;
      return 0;
    };
    return made;
  }();
  return settings;
}

int Parser::on_header_field(http_parser* parser, const char* text, std::size_t length) {
  Parser& message = self(parser);
  if (message.head_complete_) return 0;  // a trailer: nobody asks for it
  if (message.in_value_) message.finish_field();
  message.field_.append(text, length);
  return 0;
}

int Parser::on_header_value(http_parser* parser, const char* text, std::size_t length) {
  Parser& message = self(parser);
  if (message.head_complete_) return 0;
  message.in_value_ = true;
  message.value_.append(text, length);
  return 0;
}

int Parser::on_headers_complete(http_parser* parser) {
  Parser& message = self(parser);
  if (message.in_value_) message.finish_field();
  message.head_.keep_alive = http_should_keep_alive(parser) != 0;
  parser->upgrade = 0;  // no other protocol is spoken here, so an offer of one is ignored
  return message.bodyless() ? 1 : 0;
}

/// Is it a response that never has a body (RFC 9112, 6.3)?
bool Parser::bodyless() const noexcept {
  const unsigned status = parser_.status_code;
  return kind_ == Kind::response &&
         (answers_head_ || status / 100 == 1 || status == 204 || status == 304);
}

void Parser::finish_field() {
  head_.headers.add(field_, value_);
  field_.clear();
  value_.clear();
  in_value_ = false;
}

std::size_t Parser::feed(std::string_view bytes) {
  if (complete_ || bytes.empty()) return 0;
  if (!head_complete_) return feed_head(bytes);
  const std::size_t count = body_part(bytes);
  execute(bytes.substr(0, count));
  if (framing_ == Framing::length && left_ == 0 && !complete_) refuse("a body of another length");
  return count;
}

std::size_t Parser::feed_head(std::string_view bytes) {
  const std::size_t count = head_guard_.check(bytes);
  execute(bytes.substr(0, count));
  if (head_guard_.done()) finish_head();
  return count;
}

/// How many of the bytes belong to the body.
std::size_t Parser::body_part(std::string_view bytes) {
  if (framing_ == Framing::chunked) return chunk_guard_.check(bytes);
  if (framing_ == Framing::until_end) return bytes.size();
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= count;
  return count;
}

void Parser::execute(std::string_view bytes) {
  const std::size_t taken = http_parser_execute(&parser_, &callbacks(), bytes.data(), bytes.size());
  const http_errno error = HTTP_PARSER_ERRNO(&parser_);
  if (error != HPE_OK) refuse(http_errno_description(error));
  if (taken != bytes.size()) refuse("a message that ends too early");
}

void Parser::finish_head() {
  head_complete_ = true;
  if (parser_.http_major != 1 || parser_.http_minor > 1) {
    throw ProtocolError(505, "a version other than HTTP/1.0 and HTTP/1.1");
  }
  head_.minor_version = parser_.http_minor;
  if (kind_ == Kind::request) {
    head_.method = http_method_str(static_cast<http_method>(parser_.method));
    check_request();
  } else {
    head_.status = static_cast<int>(parser_.status_code);
    if (head_.status < 100 || head_.status > 599) refuse("a status that is no status");
  }
  framing_ = find_framing();
  // http-parser must have come to the same conclusion, or we are not looking at the same message.
  if (complete_ != (framing_ == Framing::none)) refuse("a body that is ambiguous");
}

void Parser::check_request() const {
  if (head_.method == "CONNECT") throw ProtocolError(501, "this server is no proxy");
  const std::size_t hosts = head_.headers.getall("Host").size();
  if (hosts > 1) refuse("several Host headers");
  if (hosts == 0 && head_.minor_version == 1) refuse("no Host header");
}

Parser::Framing Parser::find_framing() {
  const std::vector<std::string> lengths = head_.headers.getall("Content-Length");
  const std::vector<std::string> codings = head_.headers.getall("Transfer-Encoding");
  if (lengths.size() > 1) refuse("several Content-Length headers");
  if (!lengths.empty() && !codings.empty()) {
    refuse("both Content-Length and Transfer-Encoding");
  }
  if (!lengths.empty()) length_ = left_ = parse_length();
  if (!codings.empty() &&
      (codings.size() > 1 || !same_name(codings.front(), "chunked") || head_.minor_version == 0)) {
    refuse("a Transfer-Encoding other than chunked, or in HTTP/1.0");
  }
  if (bodyless()) return Framing::none;
  if (!codings.empty()) return Framing::chunked;
  if (!lengths.empty()) return left_ == 0 ? Framing::none : Framing::length;
  return kind_ == Kind::request ? Framing::none : Framing::until_end;
}

std::uint64_t Parser::parse_length() const {
  const std::string text = head_.headers.get("Content-Length");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size() || length > (1ULL << 62)) {
    refuse("a Content-Length that is no number");
  }
  return length;
}

std::optional<std::uint64_t> Parser::content_length() const noexcept {
  if (framing_ == Framing::none) return 0;
  if (framing_ == Framing::length) return length_;
  return std::nullopt;
}

void Parser::feed_eof() {
  if (complete_) return;
  if (!head_complete_ || framing_ != Framing::until_end) {
    throw TruncatedError();
  }
  complete_ = true;
}

}  // namespace rondo::http::detail
