#pragma once

#include <string>

#include <rondo/runtime/coroutine.h>

// What goes wrong below, in the words of this library.

namespace rondo::devices::detail {

/// Awaits, and turns what SSH, the network and the clock throw into what errors.h lists, each with
/// host:port in front.
Coroutine<void> translated(Coroutine<void> opening, std::string peer);

/// Awaits, and drops what is thrown; but not a CancelledError.
Coroutine<void> ignoring_errors(Coroutine<void> work);

}  // namespace rondo::devices::detail
