#include <algorithm>

#include <rondo/net/http/application.h>
#include <rondo/runtime/errors.h>

namespace rondo::http {

namespace {

/// What stands between the slashes of a path that begins with one.
std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

/// Does a route for `route_method` answer `method`?
bool answers(std::string_view route_method, std::string_view method) {
  return route_method == "*" || route_method == method ||
         (route_method == "GET" && method == "HEAD");
}

void add_word(std::string& list, std::string_view word) {
  if ((", " + list + ",").find(", " + std::string(word) + ",") != std::string::npos) return;
  if (!list.empty()) list += ", ";
  list += word;
}

}  // namespace

Application::Segment Application::parse_segment(const std::string& text, const std::string& path) {
  if (text.find_first_of("{}") == std::string::npos) return {text};
  Segment segment;
  const bool whole = text.size() > 2 && text.front() == '{' && text.back() == '}';
  if (whole) segment.text = text.substr(1, text.size() - 2);
  segment.is_rest = segment.text.ends_with(":.*");
  segment.is_name = !segment.is_rest;
  if (segment.is_rest) segment.text.resize(segment.text.size() - 3);
  if (segment.text.empty() || segment.text.find_first_of("{}:") != std::string::npos) {
    throw ValueError("route \"" + path + "\": a name is a whole segment, as in /devices/{name}, " +
                     "or /files/{path:.*} at the end");
  }
  return segment;
}

void Application::add_route(std::string method, std::string path, Handler handler) {
  if (!detail::is_token(method)) throw ValueError("a route's method is refused; GET is one");
  if (!path.starts_with('/')) throw ValueError("route \"" + path + "\" does not begin with a /");
  Route route{std::move(method), {}, std::move(handler)};
  for (const std::string& text : split(path)) {
    if (!route.segments.empty() && route.segments.back().is_rest) {
      throw ValueError("route \"" + path + "\": nothing can follow a name for all that is left");
    }
    route.segments.push_back(parse_segment(text, path));
  }
  routes_.push_back(std::move(route));
}

void Application::add_get(std::string path, Handler handler) {
  add_route("GET", std::move(path), std::move(handler));
}
void Application::add_head(std::string path, Handler handler) {
  add_route("HEAD", std::move(path), std::move(handler));
}
void Application::add_post(std::string path, Handler handler) {
  add_route("POST", std::move(path), std::move(handler));
}
void Application::add_put(std::string path, Handler handler) {
  add_route("PUT", std::move(path), std::move(handler));
}
void Application::add_patch(std::string path, Handler handler) {
  add_route("PATCH", std::move(path), std::move(handler));
}
void Application::add_delete(std::string path, Handler handler) {
  add_route("DELETE", std::move(path), std::move(handler));
}

std::optional<detail::MatchInfo> Application::match(const Route& route,
                                                    const std::vector<std::string>& segments) {
  detail::MatchInfo found;
  for (std::size_t i = 0; i < route.segments.size(); ++i) {
    const Segment& wanted = route.segments[i];
    if (wanted.is_rest) {
      std::string& rest = found[wanted.text];
      for (std::size_t k = i; k < segments.size(); ++k)
        rest += (k > i ? "/" : "") + segments[k];
      return found;
    }
    if (i >= segments.size()) return std::nullopt;
    if (wanted.is_name ? segments[i].empty() : segments[i] != wanted.text) return std::nullopt;
    if (wanted.is_name) found[wanted.text] = segments[i];
  }
  if (segments.size() != route.segments.size()) return std::nullopt;
  return found;
}

detail::Resolved Application::resolve(std::string_view method, std::string_view raw_path) const {
  // Split first and decode then: an encoded slash is part of its segment.
  std::vector<std::string> segments = split(raw_path);
  for (std::string& segment : segments)
    segment = unquote(segment);
  detail::Resolved resolved;
  for (const Route& route : routes_) {
    std::optional<detail::MatchInfo> found = match(route, segments);
    if (!found) continue;
    if (answers(route.method, method)) {
      resolved.handler = &route.handler;
      resolved.match_info = std::move(*found);
      return resolved;
    }
    add_word(resolved.allowed, route.method);
    if (route.method == "GET") add_word(resolved.allowed, "HEAD");
  }
  return resolved;
}

}  // namespace rondo::http
