#pragma once

#include <csignal>

namespace rondo {

/// What `run` throws after Ctrl-C (SIGINT), or SIGTERM, has ended the main task. Like
/// CancelledError it is not a std::exception, so that `catch (const std::exception&)` lets it
/// through; a program that does not catch it at all ends as the signal would have ended it, which a
/// shell sees as exit status 130 or 143.
class KeyboardInterrupt {
 public:
  explicit KeyboardInterrupt(int signal_number = SIGINT) noexcept : signal_number_(signal_number) {}
  int signal_number() const noexcept { return signal_number_; }

 private:
  int signal_number_;
};

}  // namespace rondo
