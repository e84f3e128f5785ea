#include <rondo/runtime/completion.h>
#include <rondo/runtime/detail/mailbox.h>

namespace rondo::detail {

bool Mailbox::post(std::unique_ptr<PostedCall> call) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  calls_.push_back(std::move(call));
  // Under the lock, so that the driver is not destroyed in between.
  if (!has_mail_.exchange(true, std::memory_order_acq_rel)) {
    driver_->wake();
    mail_came_.notify_one();
  }
  return true;
}

PostedCalls Mailbox::take() {
  const std::lock_guard lock(mutex_);
  has_mail_.store(false, std::memory_order_release);
  return std::exchange(calls_, {});
}

void Mailbox::wait(Duration limit) {
  std::unique_lock lock(mutex_);
  mail_came_.wait_for(lock, limit, [this] { return has_mail(); });
}

void Mailbox::close() {
  PostedCalls dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(calls_);
  }
  // Only now are they destroyed, since a call's destructor may want to post.
}

}  // namespace rondo::detail
