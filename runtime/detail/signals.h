#pragma once

// Signals as the loop sees them. A signal belongs to the whole process, so this is the one table in
// the runtime that all loops share; a signal goes to the loop that asked for it last.

namespace rondo::detail {

/// From now on the signal is noted, and `wake_descriptor` (an eventfd) written to. Throws
/// ValueError for a number that is no signal, RuntimeError for one that cannot be caught.
void watch_signal(int signal_number, int wake_descriptor);

/// The signal does what it did before anybody watched it. False: nobody did.
bool unwatch_signal(int signal_number) noexcept;

/// Has a watched signal come that was not taken? Costs one plain load.
bool any_signal_noted() noexcept;
/// Has this one come? It is forgotten by that.
bool take_signal(int signal_number) noexcept;
/// Nothing is noted any more, until the next one comes.
void clear_signal_note() noexcept;

/// True when the signal would end the process, and nobody else handles it.
bool has_default_action(int signal_number) noexcept;

}  // namespace rondo::detail
