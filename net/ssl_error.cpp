#include <cerrno>
#include <utility>

#include <rondo/net/ssl_error.h>

namespace rondo {

// The text is in the base as well, for whoever keeps a copy as an OSError.
SSLError::SSLError(std::string text, std::string reason)
    : OSError(EPROTO, text), text_(std::move(text)), reason_(std::move(reason)) {}

}  // namespace rondo
