#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/net/http/request.h>
#include <rondo/net/http/response.h>

// Application: which handler answers which request.
//
//     http::Application app;
//     app.add_get("/devices/{name}", [](http::Request request) -> Coroutine<http::Response> {
//       co_return http::Response("this is " + request.match_info("name") + "\n");
//     });

namespace rondo::http {

/// A coroutine function. It lives as long as the server and its requests, so it may be a lambda
/// with captures.
using Handler = std::function<Coroutine<Response>(Request)>;

namespace detail {

using MatchInfo = std::map<std::string, std::string, std::less<>>;

/// What an application says to a request.
struct Resolved {
  const Handler* handler = nullptr;  // null: none; the application's
  MatchInfo match_info;
  std::string allowed;  // without a handler: the methods that there are; empty: no such path
};

}  // namespace detail

/// Routes, tried in the order in which they were added. See aiohttp.web.Application.
class Application {
 public:
  /// `path` begins with '/'. "{name}" is a whole segment, and stands for one that is not empty;
  /// "{name:.*}" at the end stands for all that is left, be it nothing. Throws ValueError for other
  /// patterns, and for a method that is no token; "*" is every method.
  void add_route(std::string method, std::string path, Handler handler);
  /// Also answers HEAD, unless a route for that comes first.
  void add_get(std::string path, Handler handler);
  void add_head(std::string path, Handler handler);
  void add_post(std::string path, Handler handler);
  void add_put(std::string path, Handler handler);
  void add_patch(std::string path, Handler handler);
  void add_delete(std::string path, Handler handler);

  /// Who answers `method` of `raw_path`, which is encoded. Throws ValueError for a malformed path.
  detail::Resolved resolve(std::string_view method, std::string_view raw_path) const;

 private:
  struct Segment {
    std::string text;      // literal, or a name
    bool is_name = false;  // stands for a segment
    bool is_rest = false;  // stands for all segments that are left
  };
  struct Route {
    std::string method;  // "*": every one
    std::vector<Segment> segments;
    Handler handler;
  };

  static Segment parse_segment(const std::string& text, const std::string& path);
  static std::optional<detail::MatchInfo> match(const Route& route,
                                                const std::vector<std::string>& segments);

  std::vector<Route> routes_;
};

}  // namespace rondo::http
