#include <rondo/net/http/json.h>
#include <rondo/net/http/response.h>

namespace rondo::http {

Response json_response(const nlohmann::json& value, int status) {
  return {json(value), status};
}

}  // namespace rondo::http
