#pragma once

#include <cerrno>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

#include <rondo/runtime/run.h>

// A kernel that answers what the test tells it to, when the test tells it.

namespace rondo::test {

class ScriptedKernel final : public Driver {
 public:
  struct Question {
    Operation* operation;
    Request request;
    bool cancel_asked = false;
  };

  /// Whether a cancel is answered at once, with the operation's own end; otherwise it is kept for
  /// `answer_cancel`.
  bool obeys_cancels = true;
  /// What it says of time: a real kernel could answer at any moment.
  bool simulated = true;

  /// What was asked and has not been answered, oldest first. (A close is done at once.)
  const std::vector<Question>& asked() const noexcept { return asked_; }

  /// Answers the oldest question in the next turn; its cancel, if any, is still to be answered.
  void answer(int result) {
    answers_.push_back({asked_.front().operation, result, false});
    asked_.erase(asked_.begin());
  }
  /// Answers the cancel of an operation in the next turn, and not the operation.
  void answer_cancel(Operation& operation) { answers_.push_back({&operation, 0, true}); }

  void submit_and_wait(std::optional<Duration>) override {}
  std::size_t reap() override {
    std::size_t delivered = 0;
    for (std::size_t left = answers_.size(); left > 0; --left) {
      const Answer answer = answers_.front();
      answers_.pop_front();
      const bool complete = answer.of_cancel ? cancel_arrived(*answer.operation)
                                             : answer_arrived(*answer.operation, answer.result);
      if (complete) ++delivered;
    }
    return delivered;
  }
  bool nothing_can_arrive() const noexcept override { return simulated && answers_.empty(); }
  bool in_virtual_time() const noexcept override { return simulated; }
  void wake() noexcept override {}
  std::string features() const override { return "scripted kernel"; }

 private:
  struct Answer {
    Operation* operation;
    int result;
    bool of_cancel;
  };

  void do_prepare(Operation& operation, const Request& request) override {
    if (request.opcode == Opcode::close) {
      answers_.push_back({&operation, ::close(request.fd), false});
      return;
    }
    asked_.push_back({&operation, request});
  }
  void do_cancel(Operation& operation) override {
    for (Question& question : asked_) {
      if (question.operation == &operation) question.cancel_asked = true;
    }
    if (!obeys_cancels) return;
    std::erase_if(asked_, [&](const Question& question) {
      if (question.operation != &operation) return false;
      answers_.push_back({&operation, -ECANCELED, false});
      return true;
    });
    answer_cancel(operation);
  }

  std::vector<Question> asked_;
  std::deque<Answer> answers_;
};

/// Options of a loop over a scripted kernel, in virtual time.
inline LoopOptions scripted() {
  LoopOptions options;
  options.clock = ClockKind::virtual_time;
  options.make_driver = [] { return std::make_unique<ScriptedKernel>(); };
  return options;
}

/// Runs the coroutine that `body` makes over a scripted kernel.
template <class F>
void run_scripted(F body) {
  run(body(), scripted());
}

/// The kernel of a loop that was made with them.
inline ScriptedKernel& kernel_of(Loop& loop) {
  return static_cast<ScriptedKernel&>(loop.driver());
}
inline ScriptedKernel& kernel() {
  return kernel_of(get_running_loop());
}

}  // namespace rondo::test
