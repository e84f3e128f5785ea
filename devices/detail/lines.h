#pragma once

#include <string>
#include <vector>

#include <rondo/runtime/coroutine.h>

namespace rondo::devices::detail {

/// The lines of a file without their ends, and without empty ones. Throws OSError.
Coroutine<std::vector<std::string>> lines_of(std::string path);

}  // namespace rondo::devices::detail
