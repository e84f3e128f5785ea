#pragma once

#include <nlohmann/json.hpp>

#include <rondo/net/http/body.h>

// JSON bodies, made and read by nlohmann::json. Whoever awaits `json()` of a request or a response
// includes this.

namespace rondo::http {

/// `session.post(url, json(value))`: the value as "application/json". Throws what nlohmann::json
/// throws for text that is not UTF-8.
Body json(const nlohmann::json& value);

}  // namespace rondo::http
