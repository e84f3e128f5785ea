#pragma once

// A small HTTP server to try clients on: a table of devices, a page
// that takes its time, and one that says how the server is.

#include <charconv>
#include <chrono>
#include <string>
#include <system_error>

#include <rondo/http.h>

namespace http = rondo::http;

inline const nlohmann::json& device_table() {
  static const nlohmann::json table = {
      {"r1", {{"address", "192.0.2.1"}, {"platform", "cisco_ios"}}},
      {"r2", {{"address", "192.0.2.2"}, {"platform", "cisco_ios"}}},
      {"sw1", {{"address", "192.0.2.9"}, {"platform", "arista_eos"}}},
  };
  return table;
}

inline rondo::Coroutine<http::Response> list_devices(http::Request) {
  nlohmann::json names = nlohmann::json::array();
  for (const auto& [name, device] : device_table().items()) {
    names.push_back(name);
  }
  co_return http::json_response(names);
}

inline rondo::Coroutine<http::Response> show_device(
    http::Request request) {
  const std::string name = request.match_info("name");
  const auto device = device_table().find(name);
  if (device == device_table().end()) {
    throw http::HTTPException(404, "no such device");
  }
  co_return http::json_response(*device);
}

inline rondo::Coroutine<http::Response> wait_first(
    http::Request request) {
  const std::string text = request.match_info("seconds");
  const char* const end = text.data() + text.size();
  double seconds = 0;
  const auto [rest, error] = std::from_chars(text.data(), end, seconds);
  const bool number = error == std::errc() && rest == end;
  if (!number || !(seconds >= 0 && seconds <= 60)) {
    throw http::HTTPException(400, "0 to 60 seconds, please");
  }
  co_await rondo::sleep(std::chrono::duration<double>(seconds));
  nlohmann::json answer;
  answer["waited"] = seconds;
  co_return http::json_response(answer);
}

inline rondo::Coroutine<http::Response> show_health(http::Request) {
  nlohmann::json health;
  health["status"] = "ok";
  health["devices"] = device_table().size();
  co_return http::json_response(health);
}

inline http::Application test_application() {
  http::Application app;
  app.add_get("/devices", list_devices);
  app.add_get("/devices/{name}", show_device);
  app.add_get("/slow/{seconds}", wait_first);
  app.add_get("/health", show_health);
  return app;
}
