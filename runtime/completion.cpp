#include <cstdio>
#include <cstdlib>

#include <pthread.h>

#include <rondo/runtime/completion.h>

namespace rondo {

void detail::count_forks() {
  static const int counting =
      pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
  static_cast<void>(counting);
}

Operation::~Operation() {
  if (!in_flight()) return;
  std::fputs("rondo: an operation was destroyed before the kernel had answered it\n", stderr);
  std::abort();
}

void Operation::partial(int, const char*) noexcept {
  std::fputs("rondo: an operation that expects one answer was given many\n", stderr);
  std::abort();
}

void Driver::refuse_second_flight() {
  throw RuntimeError("the operation is in flight already");
}

void Driver::refuse_caller() const {
  if (&detail::this_thread != owner_thread_) {
    throw RuntimeError("an event loop can be used on the thread that made it, and on no other one");
  }
  throw RuntimeError("a forked child must not use its parent's event loop; make one of its own");
}

void Driver::cancel(Operation& operation) {
  if (operation.completions_due_ != 1 || operation.cancel_requested_) return;
  do_cancel(operation);
  operation.cancel_requested_ = true;
  operation.completions_due_ = 2;
}

void Driver::cancel_all() {
  in_flight_.for_each_until([this](Operation& operation) {
    cancel(operation);
    return false;
  });
}

}  // namespace rondo
