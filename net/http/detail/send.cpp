#include <algorithm>
#include <charconv>
#include <exception>
#include <optional>

#include <rondo/net/http/detail/send.h>
#include <rondo/runtime/wait_for.h>

namespace rondo::http::detail {

namespace {

constexpr std::size_t slice_size = 64 * 1024;  // bytes

Coroutine<void> drain(StreamWriter writer, Duration patience) {
  if (patience == Duration::zero()) {
    co_await writer.drain();
    co_return;
  }
  co_await wait_for(writer.drain(), patience);
}

Coroutine<void> send_bytes(StreamWriter writer, Body body, Duration patience) {
  std::string_view rest = body.bytes();
  while (!rest.empty()) {
    writer.write(rest.substr(0, slice_size));
    rest.remove_prefix(std::min(slice_size, rest.size()));
    co_await drain(writer, patience);
  }
}

void write_chunk(const StreamWriter& writer, std::string_view piece) {
  char size[20];
  const auto written = std::to_chars(size, size + 16, piece.size(), 16);
  char* end = written.ptr;
  *end++ = '\r';
  *end++ = '\n';
  writer.write(std::string_view(size, static_cast<std::size_t>(end - size)));
  writer.write(piece);
  writer.write("\r\n");
}

Coroutine<void> send_pieces(StreamWriter writer, AsyncGenerator<std::string>& pieces, BodyEnd end,
                            Duration patience) {
  for (;;) {
    std::optional<std::string> piece = co_await pieces.next();
    if (!piece) break;
    if (piece->empty()) continue;
    if (end == BodyEnd::chunked) {
      write_chunk(writer, *piece);
    } else {
      writer.write(*piece);
    }
    co_await drain(writer, patience);
  }
  if (end == BodyEnd::chunked) writer.write("0\r\n\r\n");
  co_await drain(writer, patience);
}

}  // namespace

Coroutine<void> send_body(StreamWriter writer, Body body, BodyEnd end, Duration patience) {
  if (!body.is_stream()) {
    co_await send_bytes(std::move(writer), std::move(body), patience);
    co_return;
  }
  AsyncGenerator<std::string> pieces = body.take_stream();
  std::exception_ptr error;
  try {
    co_await send_pieces(std::move(writer), pieces, end, patience);
  } catch (...) {
    error = std::current_exception();  // thrown again below; a catch block may not await
  }
  co_await pieces.aclose();
  if (error) std::rethrow_exception(error);
}

}  // namespace rondo::http::detail
