#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/runtime/concurrent_future.h>
#include <rondo/runtime/future.h>

// wrap_future: a result from another thread, as a Future of a loop.
//
// When the ConcurrentFuture is done, whichever thread settles it leaves a call in the loop's
// mailbox; the loop then gives the Future its result. Everything else happens on the loop's thread.
// The invariant: until that call has come, or the loop is closed, the Future is kept alive and the
// loop knows that it waits for a thread.

namespace rondo {

namespace detail {

/// May the wrapped result be taken away?
enum class ResultOwner : std::uint8_t {
  sole,    ///< nobody else knows of it: the value is moved
  shared,  ///< others may ask for it: the value is copied, if it can be
};

template <class T>
class WrappedState final : public FutureState<T>, private LoopResource {
 public:
  static Future<T> start(std::shared_ptr<ConcurrentState<T>> source, ResultOwner owner, Loop& loop,
                         std::source_location here) {
    const Ref<WrappedState> state(new WrappedState(std::move(source), owner, loop, here));
    state->listen();
    return Future<T>(state);
  }

  /// Cancels the source too, if that has not started; if it has, its result will be dropped.
  bool cancel(const std::string& message) override {
    if (!FutureBase::cancel(message)) return false;
    expect_no_more();
    source_->cancel();
    return true;
  }

 private:
  WrappedState(std::shared_ptr<ConcurrentState<T>> source, ResultOwner owner, Loop& loop,
               std::source_location here)
      : FutureState<T>(loop, here), source_(std::move(source)), owner_(owner) {}

  void listen() {
    this->add_ref();  // given back by `forget`
    this->loop().add_resource(*this);
    this->loop().call_expected();
    // Another thread may have neither the loop, which may be gone by then, nor a reference to this,
    // which are not counted for two threads. A closed mailbox takes no call, and as long as the
    // loop is open this lives.
    source_->when_done([this, mailbox = this->loop().mailbox()] {
      const auto arrive = [this] { arrived(); };
      mailbox->post(std::make_unique<BoundPostedCall<decltype(arrive)>>(arrive));
    });
  }

  void arrived() {
    const Ref<FutureBase> keep(this);
    forget();
    if (this->done()) return;  // cancelled: the late result is dropped
    try {
      take_over();
    } catch (const CancelledError& cancelled) {
      FutureBase::cancel(cancelled.message());
    } catch (...) {
      this->set_exception(std::current_exception());
    }
  }
  void take_over() {
    if constexpr (std::is_void_v<T>) {
      source_->value();
      this->set_result();
    } else if (owner_ == ResultOwner::sole) {
      this->set_result(source_->take_outcome().value());
    } else {
      this->set_result(source_->value());
    }
  }

  void loop_closing() noexcept override {
    source_->cancel();
    forget();
  }
  void forget() {
    expect_no_more();
    LoopResource::unlink();
    this->release();
  }
  /// The loop need not wait for a result that nobody wants any more.
  void expect_no_more() noexcept {
    if (std::exchange(expecting_, false)) this->loop().call_no_longer_expected();
  }

  std::shared_ptr<ConcurrentState<T>> source_;
  ResultOwner owner_;
  bool expecting_ = true;  // counted by the loop
};

}  // namespace detail

/// A Future of `loop` that ends as `source` does. Cancelling it cancels a job that has not started;
/// one that runs goes on, and what comes of it is only seen in `source`. See asyncio.wrap_future.
template <class T>
Future<T> wrap_future(const ConcurrentFuture<T>& source, Loop& loop,
                      std::source_location here = std::source_location::current()) {
  return detail::WrappedState<T>::start(source.state(), detail::ResultOwner::shared, loop, here);
}

/// The same on the running loop. Throws RuntimeError when none is running.
template <class T>
Future<T> wrap_future(const ConcurrentFuture<T>& source,
                      std::source_location here = std::source_location::current()) {
  return wrap_future(source, get_running_loop(), here);
}

}  // namespace rondo
