#pragma once

#include <string>

#include <rondo/net/http/body.h>
#include <rondo/runtime/clock.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_writer.h>

namespace rondo::http::detail {

/// How the peer finds the body's end.
enum class BodyEnd {
  length,   ///< a Content-Length was sent
  chunked,  ///< each piece with its size in front
  close,    ///< the connection ends with it: for HTTP/1.0
};

/// Sends a body, never more at once than a peer takes that is not slow. `patience`: how long a
/// peer may take nothing, zero for ever; then TimeoutError is thrown. A generator is closed at the
/// end, however that comes about; what it throws is thrown. Throws the error of the connection.
Coroutine<void> send_body(StreamWriter writer, Body body, BodyEnd end, Duration patience);

}  // namespace rondo::http::detail
