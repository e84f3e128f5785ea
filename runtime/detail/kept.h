#pragma once

#include <memory>
#include <utility>

#include <rondo/runtime/detail/frame_pool.h>
#include <rondo/runtime/detail/ref.h>

namespace rondo::detail {

/// A handle's share of what several threads, or a deleter of its own, may count too: copies within
/// one thread cost no atomic operation.
template <class T>
class Kept {
 public:
  explicit Kept(std::shared_ptr<T> object)
      : object_(object.get()), holder_(make_ref<Holder>(std::move(object))) {}

  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  const std::shared_ptr<T>& shared() const noexcept { return holder_->object; }

 private:
  class Holder final : public RefCounted<Holder>, public Pooled {
   public:
    explicit Holder(std::shared_ptr<T> kept) noexcept : object(std::move(kept)) {}
    const std::shared_ptr<T> object;
  };

  T* object_;  // what holder_ holds
  Ref<Holder> holder_;
};

}  // namespace rondo::detail
