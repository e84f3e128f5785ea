#include <rondo/net/http/body.h>

namespace rondo::http {

const std::string& Body::bytes() const noexcept {
  static const std::string none;
  const std::string* const bytes = std::get_if<std::string>(&content_);
  return bytes != nullptr ? *bytes : none;
}

Body Body::copy() const {
  if (content_.index() != 1) return {};
  return {bytes(), content_type_};
}

Body form(const Query& fields) {
  return {quote_query(fields), "application/x-www-form-urlencoded"};
}

}  // namespace rondo::http
