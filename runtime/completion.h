#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <rondo/runtime/clock.h>
#include <rondo/runtime/detail/intrusive_list.h>

// The door to the kernel: everything that the loop asks of it goes through this one interface.
//
// `prepare` says what is wanted, `submit_and_wait` hands it over and waits, `reap` brings the
// answers back, `cancel` asks for an early end. io_uring (`ring.h`) is one implementation, epoll
// with a few threads (`epoll.h`) the other, for places that forbid io_uring; nothing above this
// page knows which one it has.
//
// The invariant: an Operation that was prepared is named by the driver until its `complete` is
// called, exactly once, and until then neither it nor the memory that its Request points to may
// move or go away. Cancelling changes nothing about that; it only makes the answer come sooner.

namespace rondo {

namespace detail {

/// Counts the operations of this thread that are in flight; for tests.
inline constinit thread_local std::size_t live_operations = 0;

/// How many forks lie between the program's start and this process. Asked for in every turn, so it
/// must not be a system call, as getpid is.
inline constinit std::atomic<unsigned> forks{0};
/// From now on every fork is counted.
void count_forks();

/// Its address tells threads apart.
inline constinit thread_local char this_thread = 0;

}  // namespace detail

/// What can be asked of the kernel. Paths end in a zero byte and are taken as openat(2) takes them:
/// relative to the directory `fd`, which may be AT_FDCWD.
enum class Opcode : std::uint8_t {
  nop,      ///< an answer and nothing else
  accept,   ///< `fd` listens; the answer is the new descriptor, close-on-exec
  connect,  ///< `fd` connects to the address at `buffer`, `length` bytes long
  receive,  ///< into `buffer` from the socket `fd`; 0 is the end of the stream
  send,     ///< from `buffer` to the socket `fd`; never raises SIGPIPE; may take fewer bytes
  receive_message,  ///< into the msghdr at `buffer` from the socket `fd`; see recvmsg(2)
  send_message,     ///< the msghdr at `buffer` to the socket `fd`; never raises SIGPIPE
  read,             ///< as receive, from any descriptor, at `offset`
  write,            ///< as send, to any descriptor, at `offset`; raises SIGPIPE on a broken pipe
  poll,             ///< until `fd` is ready for one of `flags` (POLLIN, ...); the answer: for which
  close,            ///< `fd`
  open,             ///< the path at `buffer`, `flags` (O_...) and mode `length`; as accept
  stat,    ///< the path at `buffer` with `flags` (AT_...), into the struct statx at `second`
  rename,  ///< the path at `buffer` to the path at `second`, both relative to `fd`
  unlink,  ///< the path at `buffer`; `flags` may be AT_REMOVEDIR
  mkdir,   ///< the path at `buffer` with mode `length`
  fsync,   ///< what was written to `fd`

  // One question, many answers: each comes by `Operation::partial`, but for the last. Only where
  // `Driver::answers_many`.
  accept_many,   ///< as accept, for one client after the other
  receive_many,  ///< as receive, again and again, into buffers of the driver's
};

/// One question to the kernel. The fields that an opcode does not use are ignored.
struct Request {
  /// Where the descriptor's position is, which moves on.
  static constexpr std::uint64_t current_position = ~std::uint64_t{0};

  Opcode opcode = Opcode::nop;
  int fd = -1;
  void* buffer = nullptr;
  std::uint32_t length = 0;
  std::uint32_t flags = 0;                  // the opcode's own
  std::uint64_t offset = current_position;  // in the file, in bytes
  void* second = nullptr;                   // a second piece of memory, where there is one
};

/// The asker: gets the answer. It lives wherever the wait lives, in a coroutine's frame as a rule.
/// Destroying one that is in flight ends the process: the kernel would write to freed memory.
class Operation : private detail::ListNode<Operation> {
 public:
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// True from `Driver::prepare` until `complete` is called.
  bool in_flight() const noexcept { return completions_due_ > 0; }

 protected:
  Operation() noexcept = default;
  virtual ~Operation();

  /// The answer: the kernel's result, or a negative errno. Called from `Driver::reap`, once for
  /// each `prepare`; the driver does not touch the operation afterwards. It may prepare operations,
  /// this one included; it must not throw, and it resumes nobody: it puts them on the ready queue.
  virtual void complete(int result) noexcept = 0;

  /// One of many answers, and not the last: a descriptor, or `result` bytes at `bytes`, which stay
  /// in place until `submit_and_wait` is called next. The last answer comes by `complete`; what
  /// kept it from going on may be nothing but a want of room (-ENOBUFS, -EAGAIN, or for accept_many
  /// one more descriptor), and then the question may be asked again.
  virtual void partial(int result, const char* bytes) noexcept;

 private:
  friend class Driver;
  template <class T, class Tag>
  friend class detail::IntrusiveList;

  std::uint8_t completions_due_ = 0;  // 0 idle; 1 the answer; 2 the answer and the cancel's own
  bool cancel_requested_ = false;     // one cancel is enough
  // The answer, while the cancel's own completion is still due; before it, whatever number the
  // driver keeps there.
  int result_ = 0;
};

/// A way to the kernel. All calls come from the loop's thread.
class Driver {
 public:
  Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  virtual ~Driver() = default;

  /// Takes a request over; it reaches the kernel at the next `submit_and_wait`. Never blocks, never
  /// refuses for want of room, and never completes on the spot.
  void prepare(Operation& operation, const Request& request) {
    if (operation.in_flight()) refuse_second_flight();
    do_prepare(operation, request);
    operation.completions_due_ = 1;
    in_flight_.push_back(operation);
    ++in_flight_count_;
    ++detail::live_operations;
  }

  /// Asks for the early end of an operation in flight. Its `complete` still comes, with -ECANCELED
  /// or, if it was too late, with its result. More than one cancel, or one of an operation that is
  /// not in flight, does nothing.
  void cancel(Operation& operation);

  /// Hands over what was prepared and waits at most `timeout` (nothing: for ever) for at least one
  /// answer. Makes at most one system call unless more was prepared than the queue holds, and none
  /// if there is nothing to hand over and no need to wait. Throws OSError when the kernel refuses.
  virtual void submit_and_wait(std::optional<Duration> timeout) = 0;

  /// Is there nothing to hand over and no answer to take? Then neither `submit_and_wait` without a
  /// wait nor `reap` would do anything.
  bool quiet() const noexcept {
    // In a forked child the two words are not even mapped.
    return !unsubmitted_ && !in_forked_child() && *answers_ == taken_ &&
           (*flags_ & held_back_) == 0;
  }

  /// Does it know `accept_many` and `receive_many`?
  bool answers_many() const noexcept { return answers_many_; }

  /// Calls `complete` for each operation whose answer has arrived; returns how many.
  virtual std::size_t reap() = 0;

  /// Asks for the early end of everything in flight.
  void cancel_all();

  /// How many operations were prepared and have not been answered.
  std::size_t in_flight() const noexcept { return in_flight_count_; }

  /// True when no answer will come, however long one waits: then a virtual clock may jump.
  virtual bool nothing_can_arrive() const noexcept { return in_flight() == 0; }
  /// True when waiting takes no time on a virtual clock, because the kernel is simulated too.
  virtual bool in_virtual_time() const noexcept { return false; }

  /// Makes a `submit_and_wait` that is under way, or the next one, return at once. The only method
  /// that any thread may call.
  virtual void wake() noexcept = 0;
  /// An eventfd that does the same when written to, for signal handlers; -1 if there is none.
  virtual int wake_descriptor() const noexcept { return -1; }

  /// What this driver is and which features of the kernel it found, in one line, for people.
  virtual std::string features() const = 0;

 protected:
  /// For drivers that belong to the thread that made them: throws RuntimeError on any other one,
  /// and in a forked child.
  void check_caller() const {
    if (&detail::this_thread != owner_thread_ || in_forked_child()) refuse_caller();
  }
  /// Is this not the process that made the driver, but a fork of it?
  bool in_forked_child() const noexcept {
    return detail::forks.load(std::memory_order_relaxed) != made_after_forks_;
  }
  /// For `quiet`: the count of answers that the kernel has given so far, and a word whose bits
  /// `held_back` say that it has more. Without such words a driver is never quiet.
  void set_gauges(const unsigned* answers, const unsigned* flags, unsigned held_back) noexcept {
    answers_ = answers;
    flags_ = flags;
    held_back_ = held_back;
  }
  /// Something waits to be handed over; or nothing does any more.
  void submission_due() noexcept { unsubmitted_ = true; }
  void all_submitted() noexcept { unsubmitted_ = false; }
  /// So many answers have been taken.
  void answers_taken(unsigned count) noexcept { taken_ = count; }

  virtual void do_prepare(Operation& operation, const Request& request) = 0;
  virtual void do_cancel(Operation& operation) = 0;

  /// A number by which the driver finds its own notes about an operation, until it is answered.
  static void keep_number(Operation& operation, int number) noexcept { operation.result_ = number; }
  static int kept_number(const Operation& operation) noexcept { return operation.result_; }

  /// The kernel has answered an operation. Returns true if this made it complete.
  bool answer_arrived(Operation& operation, int result) {
    operation.result_ = result;
    return deliver_if_last(operation);
  }
  /// The kernel has given one of many answers.
  static void partial_arrived(Operation& operation, int result, const char* bytes) {
    operation.partial(result, bytes);
  }
  void set_answers_many(bool known) noexcept { answers_many_ = known; }
  /// The kernel has answered the cancel of an operation. Returns true as above.
  bool cancel_arrived(Operation& operation) { return deliver_if_last(operation); }

 private:
  [[noreturn]] static void refuse_second_flight();
  [[noreturn]] void refuse_caller() const;
  bool deliver_if_last(Operation& operation) {
    if (--operation.completions_due_ > 0) return false;
    operation.cancel_requested_ = false;
    operation.unlink();
    --in_flight_count_;
    --detail::live_operations;
    operation.complete(operation.result_);
    return true;
  }

  static constexpr unsigned always_ = 1;
  const unsigned made_after_forks_ = detail::forks.load(std::memory_order_relaxed);
  const char* const owner_thread_ = &detail::this_thread;

  detail::IntrusiveList<Operation, Operation> in_flight_;
  std::size_t in_flight_count_ = 0;
  bool unsubmitted_ = false;            // something waits to be handed over
  bool answers_many_ = false;           // accept_many and receive_many are known
  unsigned taken_ = 0;                  // answers
  const unsigned* answers_ = &always_;  // see set_gauges
  const unsigned* flags_ = &always_;
  unsigned held_back_ = always_;
};

}  // namespace rondo
