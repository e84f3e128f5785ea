#include <openssl/err.h>

#include <rondo/net/detail/openssl.h>

namespace rondo::detail {

OpensslError take_openssl_error() {
  OpensslError error;
  error.code = ERR_get_error();
  ERR_clear_error();
  if (error.code == 0) return error;
  if (const char* reason = ERR_reason_error_string(error.code)) error.reason = reason;
  if (error.reason.empty()) error.reason = "OpenSSL's error " + std::to_string(error.code);
  return error;
}

}  // namespace rondo::detail
