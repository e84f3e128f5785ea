#pragma once

// GeneratorExit: how a generator is told that nobody wants more of it.

namespace rondo {

/// Thrown at the `co_yield` of a generator by `close` and `aclose`, and at the `step` of a
/// coroutine that is stepped by hand. Let it pass; code that catches it, to clean up, ends or
/// throws it on. As in Python it stands outside of the everyday errors: it is not a std::exception.
class GeneratorExit {};

}  // namespace rondo
