#pragma once

#include <chrono>

#include <rondo/runtime/completion.h>

// What the tests of the drivers ask them with.

namespace rondo::test {

/// Counts its answers, and asks again as often as it is told to.
class CountedOperation final : public Operation {
 public:
  void ask(Driver& driver, Request request = {}, int again = 0) {
    driver_ = &driver;
    request_ = request;
    again_ = again;
    driver.prepare(*this, request);
  }

  int answers = 0;
  int result = 1;

 private:
  void complete(int answer) noexcept override {
    ++answers;
    result = answer;
    if (again_-- > 0) driver_->prepare(*this, request_);
  }

  Driver* driver_ = nullptr;
  Request request_;
  int again_ = 0;
};

/// Turns the driver until nothing is in flight; false when `turns` do not suffice.
inline bool finish(Driver& driver, int turns) {
  for (; driver.in_flight() > 0 && turns > 0; --turns) {
    driver.submit_and_wait(std::chrono::milliseconds(10));
    driver.reap();
  }
  return driver.in_flight() == 0;
}

/// Turns the driver until the operation is answered, for two seconds at most.
inline bool answered(Driver& driver, const CountedOperation& operation) {
  for (int turn = 0; turn < 200 && operation.in_flight(); ++turn) {
    driver.submit_and_wait(std::chrono::milliseconds(10));
    driver.reap();
  }
  return !operation.in_flight();
}

/// Turns the driver a few times, in vain as a rule.
inline void turn_idly(Driver& driver, int turns = 5) {
  for (int i = 0; i < turns; ++i) {
    driver.submit_and_wait(std::chrono::milliseconds(1));
    driver.reap();
  }
}

}  // namespace rondo::test
