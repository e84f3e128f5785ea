#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include <rondo/runtime/completion.h>
#include <rondo/runtime/detail/attempt.h>

// A kernel for tests: it does what it is asked, on real descriptors, but as awkwardly as a kernel
// may.
//
// A seed decides when each operation is attempted, how much of a buffer is used, in which order the
// answers come and how many at a time, whether a cancel is in time or an operation succeeds in
// spite of it, which of the two completions comes first, when the queue has room, and, if it is
// asked to, which operations fail. The same seed decides the same way again, so a failure found
// among ten thousand seeds can be looked at as often as needed. Time is the loop's virtual clock;
// so the other ends of sockets must be on the same loop, not in another process.

namespace rondo {

class SimulatedKernel final : public Driver {
 public:
  /// `fail_one_in`: every so-manieth attempt fails as hardware and peers do, resets, time-outs and
  /// the like; 0: none does.
  explicit SimulatedKernel(std::uint64_t seed, unsigned fail_one_in = 0)
      : random_(seed), fail_one_in_(fail_one_in) {
    set_answers_many(chance(2));
  }

  void submit_and_wait(std::optional<Duration> timeout) override;
  std::size_t reap() override;
  bool nothing_can_arrive() const noexcept override;
  bool in_virtual_time() const noexcept override { return true; }
  void wake() noexcept override {}
  std::string features() const override { return "simulated kernel"; }

 private:
  struct Pending {
    Operation* operation;
    Request request;
    bool cancel_asked = false;
    detail::AttemptState state{};
  };
  enum class AnswerKind : std::uint8_t { last, one_of_many, of_cancel };
  struct Answer {
    Operation* operation;
    int result;
    AnswerKind kind;
    std::vector<char> bytes{};  // that came with it
  };

  void do_prepare(Operation& operation, const Request& request) override;
  void do_cancel(Operation& operation) override;

  /// True in `one_in` of the cases.
  bool chance(unsigned one_in) { return random_() % one_in == 0; }
  std::uint32_t shorten(std::uint32_t length);
  void take_prepared();
  /// Could an operation that would have blocked go on, at once or within `milliseconds`?
  bool anything_moves(int milliseconds) const;
  bool try_to_answer(Pending& pending);
  bool try_to_answer_one_of_many(Pending& pending);
  bool deliver(const Answer& answer);
  void answer_cancelled(Pending& pending, int result);
  /// The operation's result, or -EAGAIN while it would block.
  int attempt(Pending& pending);
  int attempt_as_asked(Pending& pending);

  std::mt19937_64 random_;
  unsigned fail_one_in_;                 // 0: never
  std::vector<Pending> prepared_;        // not yet handed over
  std::vector<Pending> pending_;         // handed over, unanswered
  std::deque<Answer> answers_;           // not yet reaped
  std::vector<std::vector<char>> lent_;  // bytes of those that were, until the next submission
  bool idle_ = true;  // all that is pending would have blocked when it was tried last
};

}  // namespace rondo
