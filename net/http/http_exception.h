#pragma once

#include <stdexcept>
#include <string>

#include <rondo/net/http/status.h>

namespace rondo::http {

/// Thrown by a handler, it becomes the answer: `throw HTTPException(404, "no such device");`. The
/// text goes to the client. See aiohttp.web.HTTPException.
class HTTPException : public std::runtime_error {
 public:
  /// `status` from 400 to 599. Without a text the client gets the status's own words.
  explicit HTTPException(int status, const std::string& text = {})
      : std::runtime_error(text.empty() ? std::string(reason_phrase(status)) : text),
        status_(status) {}
  int status() const noexcept { return status_; }

 private:
  int status_;
};

}  // namespace rondo::http
