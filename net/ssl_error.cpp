#include <cerrno>
#include <utility>

#include <rondo/net/ssl_error.h>

namespace rondo {

SSLError::SSLError(std::string text, std::string reason)
    : OSError(EPROTO, "TLS"), text_(std::move(text)), reason_(std::move(reason)) {}

}  // namespace rondo
