// A libFuzzer target: bytes as a request and as a response, in one piece and split where the first
// byte says. Both ways must come to the same end, and no input may do more than throw
// ProtocolError. Not a part of ./dev check; to run it for a minute:
//
//   clang++-19 -std=c++20 -g -O1 -Iinclude -fsanitize=fuzzer,address,undefined \
//     tests/fuzz/fuzz_http.cpp net/http/headers.cpp net/http/detail/framing_guard.cpp \
//     net/http/detail/parser.cpp runtime/errors.cpp -lhttp_parser -o build/fuzz_http
//   build/fuzz_http -max_total_time=60 -max_len=2000

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondo/net/http/detail/parser.h>

namespace {

using namespace rondo::http::detail;

/// Feeds all that belongs to the message; the rest stays in `bytes`.
void feed(Parser& parser, std::string_view& bytes) {
  while (!bytes.empty()) {
    const std::size_t taken = parser.feed(bytes);
    if (taken == 0) return;
    bytes.remove_prefix(taken);
  }
}

/// What came of it: the body and what is unread, or the refusal.
std::string outcome(Parser::Kind kind, std::string_view first, std::string_view second) {
  Parser parser(kind, Limits());
  std::string rest;
  try {
    feed(parser, first);
    rest = std::string(first) + std::string(second);
    std::string_view unread = rest;
    feed(parser, unread);
    rest = unread;
    parser.feed_eof();
  } catch (const ProtocolError& error) {
    return "refused with " + std::to_string(error.status());
  }
  return parser.take_body() + '\n' + rest;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t middle = data[0] * bytes.size() / 255;
  for (const Parser::Kind kind : {Parser::Kind::request, Parser::Kind::response}) {
    const std::string whole = outcome(kind, bytes, {});
    const std::string split = outcome(kind, bytes.substr(0, middle), bytes.substr(middle));
    if (whole != split) std::abort();
  }
  return 0;
}
