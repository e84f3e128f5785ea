#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

// Shared ownership within one thread: a count inside the object, not atomic, since a loop and all
// that belongs to it stay on one thread.

namespace rondo::detail {

/// Base of an object of type `T` that `Ref` counts. It deletes itself when the last `Ref` goes; if
/// others derive from `T`, its destructor is virtual.
template <class T>
class RefCounted {
 public:
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  void add_ref() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete static_cast<T*>(this);
  }
  /// True when only one `Ref` is left.
  bool unique() const noexcept { return references_ == 1; }

 protected:
  RefCounted() noexcept = default;
  ~RefCounted() = default;

 private:
  std::uint32_t references_ = 0;
};

/// A counted pointer. Empty or pointing to a live object.
template <class T>
class Ref {
 public:
  Ref() noexcept = default;
  Ref(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor): as a pointer has it
  explicit Ref(T* object) noexcept : object_(object) {
    if (object_ != nullptr) object_->add_ref();
  }
  Ref(const Ref& other) noexcept : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class U>
    requires std::convertible_to<U*, T*>
  Ref(const Ref<U>& other) noexcept : Ref(other.get()) {}  // NOLINT(google-explicit-constructor)
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->release();
  }

  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) noexcept { return a.object_ == b.object_; }

 private:
  T* object_ = nullptr;
};

/// Makes an object and the first `Ref` to it.
template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>(new T(std::forward<Args>(args)...));
}

}  // namespace rondo::detail
