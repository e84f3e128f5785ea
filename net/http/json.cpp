#include <rondo/net/http/json.h>

namespace rondo::http {

Body json(const nlohmann::json& value) {
  return {value.dump(), "application/json"};
}

}  // namespace rondo::http
