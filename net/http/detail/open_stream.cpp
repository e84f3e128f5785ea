#include <rondo/net/http/detail/open_stream.h>
#include <rondo/net/open_connection.h>
#include <rondo/net/tls.h>

namespace rondo::http::detail {

namespace {

/// Reading the system's certificates takes a while, so each thread does it once.
const SSLContext& system_context() {
  thread_local const SSLContext context = create_default_context();
  return context;
}

}  // namespace

Coroutine<std::pair<StreamReader, StreamWriter>> open_stream(URL url,
                                                             std::optional<SSLContext> ssl) {
  if (!url.is_tls()) return open_connection(url.host(), url.port());
  return open_tls_connection(url.host(), url.port(), ssl ? *ssl : system_context());
}

}  // namespace rondo::http::detail
