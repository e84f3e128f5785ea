#include <unordered_set>

#include <rondo/runtime/as_completed.h>

namespace rondo::detail {

Completions::Completions(std::vector<Ref<FutureBase>> futures) {
  std::unordered_set<const FutureBase*> seen;
  for (Ref<FutureBase>& future : futures) {
    if (!seen.insert(future.get()).second) continue;
    Watch& watch = watches_.emplace_back();
    watch.completions = this;
    watch.future = std::move(future);
  }
  unfinished_ = watches_.size();
  for (Watch& watch : watches_)
    watch.future->add_watcher(watch);
}

Completions::~Completions() {
  timer_.cancel();
  for (Watch& watch : watches_)
    watch.future->remove_watcher(watch);
}

void Completions::set_timeout(Loop& loop, Duration timeout) {
  if (unfinished_ > 0) timer_ = loop.call_later(timeout, [this] { time_is_over(); });
}

void Completions::finished(Watch& watch) {
  if (timed_out_) return;
  watch.reported = true;
  queue_.push_back(&watch);
  if (--unfinished_ == 0) timer_.cancel();
  waiting_.wake_one();  // one result for one task
}

void Completions::time_is_over() {
  timed_out_ = true;
  for (Watch& watch : watches_) {
    if (!watch.reported) watch.future->remove_watcher(watch);
  }
  waiting_.wake_all();
}

Coroutine<Ref<FutureBase>> Completions::next() {
  while (queue_.empty()) {
    if (timed_out_) throw TimeoutError();
    co_await waiting_.wait();
  }
  Watch* done = queue_.front();
  queue_.pop_front();
  co_return done->future;
}

}  // namespace rondo::detail
