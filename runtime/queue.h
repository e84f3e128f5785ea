#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/event.h>

// Queue: items from tasks to tasks, with a bound, and a count of what is still being worked on.
//
// `get` waits while it is empty, `put` while it is full. Being woken is not yet having an item: the
// task looks again in its next step, and if it is cancelled before that, the next one is woken.

namespace rondo {

/// Nothing to get, and `get_nowait` does not wait.
class QueueEmpty : public std::runtime_error {
 public:
  QueueEmpty() : std::runtime_error("the queue is empty") {}
};

/// No room, and `put_nowait` does not wait.
class QueueFull : public std::runtime_error {
 public:
  QueueFull() : std::runtime_error("the queue is full") {}
};

/// The queue was shut down.
class QueueShutDown : public std::runtime_error {
 public:
  QueueShutDown() : std::runtime_error("the queue was shut down") {}
};

/// Argument of Queue::shutdown.
enum class QueueShutdown {
  drain,      ///< what is in the queue can still be got
  immediate,  ///< what is in the queue is dropped
};

namespace detail {

/// The waiting and counting of all queues. `Container` orders the items: push, pop, size.
template <class T, class Container>
class BasicQueue {
 public:
  using value_type = T;

  /// `maxsize` items at most; 0: no bound.
  explicit BasicQueue(std::size_t maxsize = 0) : maxsize_(maxsize) { finished_.set(); }
  BasicQueue(const BasicQueue&) = delete;
  BasicQueue& operator=(const BasicQueue&) = delete;

  std::size_t qsize() const noexcept { return items_.size(); }
  std::size_t maxsize() const noexcept { return maxsize_; }
  bool empty() const noexcept { return items_.size() == 0; }
  bool full() const noexcept { return maxsize_ > 0 && items_.size() >= maxsize_; }

  /// Puts an item in, waiting for room. Throws QueueShutDown, CancelledError with the item not put.
  Coroutine<void> put(T item) {
    while (full()) {
      if (shut_down_) throw QueueShutDown();
      co_await putters_.wait([this] { return !full(); });
    }
    put_nowait(std::move(item));
  }
  /// Puts an item in. Throws QueueFull, QueueShutDown.
  void put_nowait(T item) {
    if (shut_down_) throw QueueShutDown();
    if (full()) throw QueueFull();
    items_.push(std::move(item));
    ++unfinished_;
    finished_.clear();
    getters_.wake_one();
  }

  /// Takes the next item out, waiting for one. Throws QueueShutDown when it is shut down and empty;
  /// CancelledError with no item lost.
  Coroutine<T> get() {
    while (empty()) {
      if (shut_down_) throw QueueShutDown();
      co_await getters_.wait([this] { return !empty(); });
    }
    co_return get_nowait();
  }
  /// Takes the next item out. Throws QueueEmpty, QueueShutDown.
  T get_nowait() {
    if (empty()) {
      if (shut_down_) throw QueueShutDown();
      throw QueueEmpty();
    }
    T item = items_.pop();
    putters_.wake_one();
    return item;
  }

  /// Says that the work on an item that was got is done. Throws ValueError when that was said for
  /// all of them.
  void task_done() {
    if (unfinished_ == 0) throw ValueError("task_done() called too many times");
    if (--unfinished_ == 0) finished_.set();
  }
  /// Waits until `task_done` was said for every item that was put.
  Coroutine<void> join() {
    if (unfinished_ > 0) co_await finished_.wait();
  }

  /// Ends the queue: no item can be put any more, and whoever waits gets QueueShutDown.
  void shutdown(QueueShutdown how = QueueShutdown::drain) {
    shut_down_ = true;
    if (how == QueueShutdown::immediate) {
      while (!empty()) {
        items_.pop();
        if (unfinished_ > 0) --unfinished_;
      }
      if (unfinished_ == 0) finished_.set();
    }
    getters_.wake_all();
    putters_.wake_all();
  }

 private:
  std::size_t maxsize_;  // 0: no bound
  Container items_;
  SignalQueue getters_;
  SignalQueue putters_;
  std::size_t unfinished_ = 0;  // put, and `task_done` not said
  Event finished_;              // set while that is 0
  bool shut_down_ = false;
};

template <class T>
class FifoItems {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void push(T item) { items_.push_back(std::move(item)); }
  T pop() {
    T item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

 private:
  std::deque<T> items_;
};

template <class T>
class LifoItems {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void push(T item) { items_.push_back(std::move(item)); }
  T pop() {
    T item = std::move(items_.back());
    items_.pop_back();
    return item;
  }

 private:
  std::vector<T> items_;
};

template <class T, class Compare>
class PriorityItems {
 public:
  std::size_t size() const noexcept { return items_.size(); }
  void push(T item) {
    items_.push_back(std::move(item));
    std::push_heap(items_.begin(), items_.end(), later_);
  }
  T pop() {
    std::pop_heap(items_.begin(), items_.end(), later_);
    T item = std::move(items_.back());
    items_.pop_back();
    return item;
  }

 private:
  struct Later {
    bool operator()(const T& a, const T& b) const { return Compare()(b, a); }
  };
  std::vector<T> items_;  // a heap, the least item first
  Later later_;
};

}  // namespace detail

/// First in, first out. See asyncio.Queue.
template <class T>
class Queue : public detail::BasicQueue<T, detail::FifoItems<T>> {
 public:
  using detail::BasicQueue<T, detail::FifoItems<T>>::BasicQueue;
};

/// Last in, first out. See asyncio.LifoQueue.
template <class T>
class LifoQueue : public detail::BasicQueue<T, detail::LifoItems<T>> {
 public:
  using detail::BasicQueue<T, detail::LifoItems<T>>::BasicQueue;
};

/// The least item first, by `Compare`. See asyncio.PriorityQueue.
template <class T, class Compare = std::less<T>>
class PriorityQueue : public detail::BasicQueue<T, detail::PriorityItems<T, Compare>> {
 public:
  using detail::BasicQueue<T, detail::PriorityItems<T, Compare>>::BasicQueue;
};

}  // namespace rondo
