#pragma once

#include <optional>
#include <utility>

#include <rondo/net/http/url.h>
#include <rondo/net/ssl_context.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

namespace rondo::http::detail {

/// A connection to the URL's server, through TLS for https: with `ssl`, or with what the system
/// trusts. Throws OSError.
Coroutine<std::pair<StreamReader, StreamWriter>> open_stream(URL url,
                                                             std::optional<SSLContext> ssl);

}  // namespace rondo::http::detail
