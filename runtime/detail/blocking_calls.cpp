#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include <rondo/runtime/detail/blocking_calls.h>

namespace rondo::detail {

struct BlockingCalls::Tray {
  void put(Done done) {
    {
      const std::lock_guard lock(mutex);
      results.push_back(done);
      any.store(true, std::memory_order_release);
    }
    wake();
  }
  void wake() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_descriptor.get(), &one, sizeof one);
  }

  const FileDescriptor wake_descriptor{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex;
  std::vector<Done> results;     // guarded by mutex
  std::atomic<bool> any{false};  // whether there are results
};

BlockingCalls::BlockingCalls(std::size_t threads)
    : most_threads_(threads), tray_(std::make_shared<Tray>()) {}

BlockingCalls::~BlockingCalls() {
  if (under_way_ > 0) forget_all();
}

void BlockingCalls::forget_all() noexcept {
  static_cast<void>(threads_.release());
}

BlockingCalls::Call BlockingCalls::start(int number, const Request& request,
                                         const AttemptState& state) {
  if (!threads_) threads_ = std::make_unique<ThreadPoolExecutor>(most_threads_);
  Call call =
      threads_->submit([tray = tray_, number, request, known = AttemptState(state)]() mutable {
        tray->put({number, attempt(request, known)});
      });
  ++under_way_;
  return call;
}

const std::vector<BlockingCalls::Done>& BlockingCalls::take_done() {
  taken_.clear();
  if (tray_->any.load(std::memory_order_acquire)) {
    const std::lock_guard lock(tray_->mutex);
    taken_.swap(tray_->results);
    tray_->any.store(false, std::memory_order_relaxed);
    under_way_ -= taken_.size();
  }
  return taken_;
}

int BlockingCalls::wake_descriptor() const noexcept {
  return tray_->wake_descriptor.get();
}

void BlockingCalls::wake() const noexcept {
  tray_->wake();
}

void BlockingCalls::drain() const noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wake_descriptor(), &count, sizeof count);
}

}  // namespace rondo::detail
