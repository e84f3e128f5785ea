#pragma once

#include <memory>
#include <source_location>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/thread_pool_executor.h>
#include <rondo/runtime/wrap_future.h>

// Loop::run_in_executor: a function that blocks, on a thread, as a Future of the loop. `to_thread`
// is the short way to it.

namespace rondo {

template <class F, class... Args>
auto Loop::run_in_executor(ThreadPoolExecutor* executor, F fn, Args... args) {
  using T = detail::JobResult<F, Args...>;
  check_open();
  if (executor == nullptr) executor = &default_executor();
  const ConcurrentFuture<T> job = executor->submit(std::move(fn), std::move(args)...);
  return detail::WrappedState<T>::start(job.state(), detail::ResultOwner::sole, *this,
                                        std::source_location::current());
}

}  // namespace rondo
