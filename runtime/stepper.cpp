#include <rondo/runtime/stepper.h>
#include <rondo/runtime/task.h>

namespace rondo::detail {

constinit thread_local AnyStepper* AnyStepper::running_ = nullptr;

void AnyStepper::resume(std::coroutine_handle<> coroutine) {
  const Loop* const loop = running_loop_or_null();
  if (loop != nullptr && TaskBase::current(*loop) != nullptr) {
    throw RuntimeError("a coroutine cannot be stepped by hand inside a task");
  }
  AnyStepper* const outer = std::exchange(running_, this);
  in_resume_ = true;
  resume_here(coroutine);
  in_resume_ = false;
  running_ = outer;
}

}  // namespace rondo::detail
