#pragma once

#include <string>
#include <vector>

// A server of somebody else's, as a child that ends with the test.

namespace rondo::tests {

class ChildServer {
 public:
  /// Starts a program and waits until it prints a line. Throws when it prints none in 20 seconds.
  explicit ChildServer(std::vector<std::string> command);
  ChildServer(const ChildServer&) = delete;
  ChildServer& operator=(const ChildServer&) = delete;
  ~ChildServer();

  const std::string& first_line() const noexcept { return first_line_; }

 private:
  void stop() noexcept;

  int pid_ = -1;
  int output_ = -1;
  std::string first_line_;
};

/// Sends SIGTERM to `target`, as kill(2) takes it, until the child has ended. Once may be too
/// little: dropbear asks whether it is to end, and then waits, and a signal in between does not
/// wake it.
void end_child(int child, int target) noexcept;

}  // namespace rondo::tests
