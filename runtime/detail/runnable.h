#pragma once

#include <string>

#include <rondo/runtime/detail/intrusive_list.h>

namespace rondo::detail {

/// Something that the loop runs when its turn on the ready queue comes: a task's next step, a
/// callback, a timer that has expired. Being an element of the queue itself, it needs no allocation
/// to get there, and it is in the queue at most once.
class Runnable : public ListNode<Runnable> {
 public:
  virtual void run() = 0;

  /// What this is, for debug mode's warnings.
  virtual std::string debug_name() const { return "callback"; }

  /// The loop closes, and this will not run.
  virtual void dropped() noexcept {}

 protected:
  Runnable() noexcept = default;
  ~Runnable() = default;
};

using ReadyQueue = IntrusiveList<Runnable, Runnable>;

}  // namespace rondo::detail
