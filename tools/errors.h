#pragma once

#include <stdexcept>

namespace rondo::tools {

/// Something is wrong with what was asked for, and nothing was sent: exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace rondo::tools
