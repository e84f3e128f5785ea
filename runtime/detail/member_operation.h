#pragma once

#include <rondo/runtime/completion.h>

namespace rondo::detail {

/// An operation whose answer goes to a member function of the object that it is a member of, and
/// lives as long as.
template <class Owner, void (Owner::*Answered)(int) noexcept>
class MemberOperation final : public Operation {
 public:
  explicit MemberOperation(Owner& owner) noexcept : owner_(owner) {}
  void complete(int result) noexcept override { (owner_.*Answered)(result); }

 private:
  Owner& owner_;
};

}  // namespace rondo::detail
