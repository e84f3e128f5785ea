#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <sys/epoll.h>

#include <rondo/runtime/completion.h>
#include <rondo/runtime/detail/attempt.h>
#include <rondo/runtime/detail/blocking_calls.h>
#include <rondo/runtime/detail/intrusive_list.h>
#include <rondo/runtime/file_descriptor.h>

// The door to the kernel where io_uring is forbidden, as in most containers: epoll and a few
// threads.
//
// io_uring is told what to do and says when it is done; epoll only says what could be done now.
// This driver makes the one of the other. A request is tried by its ordinary system call. If that
// would block, the request waits in the Watch of its descriptor, and is tried again when epoll says
// so. What epoll cannot wait for, files and paths, is done by threads (`detail/blocking_calls.h`).
//
// The invariant: epoll is armed for one event at a time (EPOLLONESHOT), and before each wait it is
// told anew what a descriptor is waited for. So a descriptor that was closed behind the driver's
// back and lives on elsewhere, in a child or under another number, wakes the loop once at the most;
// and one whose number was used anew is noticed, because epoll does not know it. Nothing that
// waited for the old one is ever tried on the new one.

namespace rondo {

/// What of the kernel is used. Each part has a fallback, which the tests force.
struct EpollOptions {
  bool precise_waits = true;  ///< try epoll_pwait2 (Linux 5.11); else deadlines in milliseconds
  bool no_wait = true;        ///< try RWF_NOWAIT (pipes: Linux 6.4); else poll, and write in pieces
  /// At most so many threads for what blocks; 0: as many as an executor has by default.
  std::size_t threads = 0;
};

/// epoll and threads as the loop's driver. It belongs to the thread that made it.
///
/// What differs from io_uring: it makes a system call for each attempt and each wait; a request
/// whose thread is at work cannot be cancelled, so its cancel waits for the thread; an operation
/// that waits for a descriptor while that is closed ends with EBADF; and a descriptor that is
/// O_NONBLOCK is waited for too. Pipes, terminals and listening sockets that are shared with other
/// programs: see `detail/attempt.h`.
class Epoll final : public Driver {
 public:
  /// Throws OSError.
  explicit Epoll(EpollOptions options = {});
  ~Epoll() override;

  /// Also throws RuntimeError in a forked child and on another thread than the one that made it.
  void submit_and_wait(std::optional<Duration> timeout) override;
  std::size_t reap() override;
  void wake() noexcept override { calls_.wake(); }
  int wake_descriptor() const noexcept override { return calls_.wake_descriptor(); }
  std::string features() const override;

  /// How often epoll was asked for events; for the tests that count.
  std::size_t waits() const noexcept { return waits_; }

 private:
  // Where a request is.
  //
  // stage     | in the list             | until                             | then
  // ----------|-------------------------|-----------------------------------|------------------
  // prepared  | prepared_               | the next submit_and_wait          | any of these
  // waiting   | waiters of a Watch      | its descriptor is ready           | answered, resting
  // resting   | resting_                | a millisecond is over             | answered, waiting
  // at_work   | none; a thread has it   | the thread's call has returned    | answered
  // postponed | closes of a Watch       | no thread has its descriptor      | answered, at_work
  // answered  | answers_                | the next reap                     | free
  //
  // A cancel answers it at once, except at work (the thread may be beyond recall) and answered.
  enum class Stage : std::uint8_t { prepared, waiting, resting, at_work, postponed, answered };

  /// What is known of an operation in flight.
  struct Pending : detail::ListNode<Pending> {
    explicit Pending(int its_number) noexcept : number(its_number) {}

    const int number;                // its place in pending_
    Operation* operation = nullptr;  // lives until its answer has been delivered
    Request request;
    detail::AttemptState attempts;
    std::optional<detail::BlockingCalls::Call> call;  // at work
    int result = 0;                                   // answered
    Stage stage = Stage::prepared;
    std::uint8_t in_vain = 0;   // attempts that epoll had asked for, and that would have blocked
    bool armed = false;         // epoll has been told to wait for it
    bool cancel_asked = false;  // its cancel is to be answered with it
  };
  using PendingList = detail::IntrusiveList<Pending, Pending>;

  /// A descriptor, as far as somebody waits for it.
  struct Watch {
    PendingList waiters;           // first in, first out
    PendingList closes;            // for the threads that use the descriptor
    std::uint32_t generation = 0;  // tells the files apart that had this number; 0: epoll has none
    std::uint32_t calls = 0;       // threads at work, or about to be, that use the descriptor
    bool drained = false;          // the last receive did not fill its buffer
    bool changed = false;          // epoll is to be told; it is in changed_
  };

  /// The eventfd's place in an event; a Watch has a generation, so its place is never 0.
  static constexpr std::uint64_t wake_tag = 0;

  void do_prepare(Operation& operation, const Request& request) override;
  void do_cancel(Operation& operation) override;

  // What can become of a request.
  void begin(Pending& pending);
  void try_now(Pending& pending);
  void wait_for_descriptor(Pending& pending);
  void rest(Pending& pending);
  void hand_to_thread(Pending& pending);
  void begin_close(Pending& pending);
  void settle(Pending& pending, int result);
  void settle_all(PendingList& list, int result);
  void leave_list(Pending& pending) noexcept;

  // The steps of a turn.
  void begin_prepared();
  void take_from_threads();
  void end_call(Pending& pending);
  void try_resting();
  void tell_epoll();
  void wait(std::optional<Duration> timeout);

  bool stands_in_line(const Pending& pending);
  static void note_receive(Watch& watch, const Request& request, int result) noexcept;
  void mark_changed(int fd, Watch& watch);
  void arm(int fd, Watch& watch);
  int arm_or_error(int fd, Watch& watch);
  void cannot_be_armed(Watch& watch, int error_number);
  bool tell(int operation, int fd, Watch& watch) noexcept;
  int ask_for_events(std::optional<Duration> timeout) noexcept;
  void event_came(const epoll_event& event);
  void try_waiters(Watch& watch, std::uint32_t events);

  const EpollOptions options_;
  detail::BlockingCalls calls_;
  FileDescriptor epoll_;
  bool precise_waits_;
  std::deque<Pending> pending_;  // by number
  PendingList free_;             // of pending_, those that are not in use
  PendingList prepared_;
  PendingList resting_;
  PendingList answers_;
  std::size_t answer_count_ = 0;  // of answers_
  std::size_t waiting_ = 0;       // requests that wait for a descriptor
  std::unordered_map<int, Watch> watches_;
  std::vector<int> changed_;  // descriptors whose Watch has changed
  std::uint32_t last_generation_ = 0;
  TimePoint rest_ends_{};
  std::size_t waits_ = 0;
  std::array<epoll_event, 256> events_;
};

}  // namespace rondo
