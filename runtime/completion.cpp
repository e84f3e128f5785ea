#include <cstdio>
#include <cstdlib>

#include <rondo/runtime/completion.h>

namespace rondo {

Operation::~Operation() {
  if (!in_flight()) return;
  std::fputs("rondo: an operation was destroyed before the kernel had answered it\n", stderr);
  std::abort();
}

void Driver::prepare(Operation& operation, const Request& request) {
  if (operation.in_flight()) throw RuntimeError("the operation is in flight already");
  do_prepare(operation, request);
  operation.completions_due_ = 1;
  in_flight_.push_back(operation);
  ++in_flight_count_;
  ++detail::live_operations;
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

bool Driver::answer_arrived(Operation& operation, int result) {
  operation.result_ = result;
  return deliver_if_last(operation);
}

bool Driver::cancel_arrived(Operation& operation) {
  return deliver_if_last(operation);
}

bool Driver::deliver_if_last(Operation& operation) {
  if (--operation.completions_due_ > 0) return false;
  operation.cancel_requested_ = false;
  operation.unlink();
  --in_flight_count_;
  --detail::live_operations;
  operation.complete(operation.result_);
  return true;
}

}  // namespace rondo
