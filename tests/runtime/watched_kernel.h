#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondo/runtime/loop.h>
#include <rondo/runtime/run.h>
#include <rondo/runtime/simulated_kernel.h>

#include "drivers.h"

// A kernel with somebody in between, who counts what it is asked and may change it: shorten a
// request, or have another one answered by an error.

namespace rondo::test {

class WatchedKernel final : public Driver {
 public:
  explicit WatchedKernel(std::unique_ptr<Driver> kernel) : kernel_(std::move(kernel)) {}

  /// May change the request. A number is the answer, in the kernel's place.
  std::function<std::optional<int>(Request&)> intercept;

  std::size_t count(Opcode opcode) const {
    return static_cast<std::size_t>(std::ranges::count(asked_, opcode));
  }
  std::size_t count() const { return asked_.size(); }
  void forget() { asked_.clear(); }

  void submit_and_wait(std::optional<Duration> timeout) override {
    kernel_->submit_and_wait(timeout);
  }
  std::size_t reap() override {
    delivered_ = 0;
    kernel_->reap();
    std::erase_if(passed_on_, [](const auto& one) { return one->answered; });
    return delivered_;
  }
  bool nothing_can_arrive() const noexcept override { return kernel_->nothing_can_arrive(); }
  bool in_virtual_time() const noexcept override { return kernel_->in_virtual_time(); }
  void wake() noexcept override { kernel_->wake(); }
  int wake_descriptor() const noexcept override { return kernel_->wake_descriptor(); }
  std::string features() const override { return "watched " + kernel_->features(); }

 private:
  /// A request on its way to the kernel.
  class PassedOn final : public Operation {
   public:
    PassedOn(WatchedKernel& between, Operation& asker) : between_(between), asker_(asker) {}
    Operation& asker() const { return asker_; }

    std::optional<int> instead;  // of the kernel's answer
    bool cancel_asked = false;
    bool answered = false;

   private:
    void complete(int result) noexcept override {
      answered = true;
      between_.pass_back(*this, instead.value_or(result));
    }

    WatchedKernel& between_;
    Operation& asker_;
  };

  void do_prepare(Operation& operation, const Request& request) override {
    asked_.push_back(request.opcode);
    auto passed_on = std::make_unique<PassedOn>(*this, operation);
    Request changed = request;
    if (intercept) passed_on->instead = intercept(changed);
    if (passed_on->instead) changed = Request{};
    kernel_->prepare(*passed_on, changed);
    passed_on_.push_back(std::move(passed_on));
  }
  void do_cancel(Operation& operation) override {
    for (const auto& one : passed_on_) {
      if (&one->asker() != &operation || one->answered) continue;
      one->cancel_asked = true;
      kernel_->cancel(*one);
    }
  }
  void pass_back(const PassedOn& one, int result) {
    if (one.cancel_asked) answer_arrived(one.asker(), result);
    const bool complete =
        one.cancel_asked ? cancel_arrived(one.asker()) : answer_arrived(one.asker(), result);
    if (complete) ++delivered_;
  }

  std::unique_ptr<Driver> kernel_;
  std::vector<std::unique_ptr<PassedOn>> passed_on_;
  std::vector<Opcode> asked_;
  std::size_t delivered_ = 0;
};

/// Options of a loop in virtual time over the real kernel, watched.
inline LoopOptions watched() {
  LoopOptions options;
  options.clock = ClockKind::virtual_time;
  options.make_driver = [] { return std::make_unique<WatchedKernel>(real_driver()); };
  return options;
}

/// The kernel of the running loop, which was made with `watched()`.
inline WatchedKernel& watched_kernel() {
  return static_cast<WatchedKernel&>(get_running_loop().driver());
}

/// Runs the coroutine that `body` makes over a watched ring.
template <class F>
void run_watched(F body) {
  Runner runner(watched());
  runner.run(body());
}

}  // namespace rondo::test
