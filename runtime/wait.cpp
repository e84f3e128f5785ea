#include <memory>

#include <rondo/runtime/wait.h>

namespace rondo::detail {

namespace {

/// Counts down as the futures finish.
class Watch final : public Runnable, public DoneWatcher {
 public:
  void future_done(FutureBase& done) override { done.loop().make_ready(*this); }
  void run() override;

  class WaitState* state = nullptr;
  AnyFuture future;
};

class WaitState {
 public:
  WaitState(std::vector<AnyFuture> futures, ReturnWhen when)
      : watches_(std::make_unique<Watch[]>(futures.size())),
        count_(futures.size()),
        left_(futures.size()),
        when_(when) {
    for (std::size_t i = 0; i < count_; ++i) {
      watches_[i].state = this;
      watches_[i].future = std::move(futures[i]);
      watches_[i].future.state().add_watcher(watches_[i]);
    }
  }
  WaitState(const WaitState&) = delete;
  WaitState& operator=(const WaitState&) = delete;
  ~WaitState() {
    timer_.cancel();
    for (std::size_t i = 0; i < count_; ++i) {
      watches_[i].future.state().remove_watcher(watches_[i]);
    }
  }

  void set_timeout(Duration timeout) {
    timer_ = get_running_loop().call_later(timeout, [this] { enough.set(); });
  }
  void one_is_done(FutureBase& future) {
    --left_;
    const bool ends =
        left_ == 0 || when_ == FIRST_COMPLETED || (when_ == FIRST_EXCEPTION && future.failed());
    if (!ends) return;
    timer_.cancel();
    enough.set();
  }

  PlainSignal enough;

 private:
  std::unique_ptr<Watch[]> watches_;
  std::size_t count_;
  std::size_t left_;  // not done yet
  ReturnWhen when_;
  Handle timer_;
};

void Watch::run() {
  state->one_is_done(future.state());
}

}  // namespace

Coroutine<void> wait_until(std::vector<AnyFuture> futures, ReturnWhen when,
                           std::optional<Duration> timeout) {
  if (futures.empty()) throw ValueError("Set of Tasks/Futures is empty.");
  WaitState state(std::move(futures), when);
  if (timeout) state.set_timeout(*timeout);
  co_await state.enough;
}

}  // namespace rondo::detail
