#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
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

/// What `get` waits for.
template <class Queue>
class QueueGetting {
 public:
  explicit QueueGetting(Queue& queue) noexcept : queue_(&queue) {}
  bool is_so() const noexcept { return queue_->can_get(); }
  SignalQueue& waiters() const noexcept { return queue_->getters_; }
  auto take() const { return queue_->get_nowait(); }

 private:
  Queue* queue_;
};

/// What `put` waits for.
template <class Queue>
class QueuePutting {
 public:
  using T = typename Queue::value_type;
  QueuePutting(Queue& queue, T& item) noexcept : queue_(&queue), item_(&item) {}
  bool is_so() const noexcept { return queue_->can_put(); }
  SignalQueue& waiters() const noexcept { return queue_->putters_; }
  void take() const { queue_->put_nowait(std::move(*item_)); }

 private:
  Queue* queue_;
  T* item_;  // lies in the QueuePut that is awaited
};

}  // namespace detail

/// What `get` returns: to be awaited, or given to create_task, wait_for and the like. The queue
/// must live until then.
template <class Queue>
class [[nodiscard]] QueueGet
    : public detail::ConvertsToCoroutine<QueueGet<Queue>, typename Queue::value_type> {
 public:
  explicit QueueGet(Queue& queue) noexcept : queue_(&queue) {}
  auto operator co_await() const {
    using Getting = detail::QueueGetting<Queue>;
    return detail::ConditionAwaiter<Getting>(Getting(*queue_));
  }

 private:
  Queue* queue_;
};

/// What `put` returns: to be awaited once, or given to create_task, wait_for and the like.
template <class Queue>
class [[nodiscard]] QueuePut : public detail::ConvertsToCoroutine<QueuePut<Queue>, void> {
 public:
  QueuePut(Queue& queue, typename Queue::value_type item) noexcept
      : queue_(&queue), item_(std::move(item)) {}
  auto operator co_await() {
    using Putting = detail::QueuePutting<Queue>;
    return detail::ConditionAwaiter<Putting>(Putting(*queue_, item_));
  }

 private:
  Queue* queue_;
  typename Queue::value_type item_;
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

  /// `co_await queue.put(item)` puts an item in, waiting for room. Throws QueueShutDown,
  /// CancelledError with the item not put.
  QueuePut<BasicQueue> put(T item) { return QueuePut<BasicQueue>(*this, std::move(item)); }
  /// Puts an item in. Throws QueueFull, QueueShutDown.
  void put_nowait(T item) {
    if (shut_down_) throw QueueShutDown();
    if (full()) throw QueueFull();
    items_.push(std::move(item));
    ++unfinished_;
    finished_.clear();
    getters_.wake_one();
  }

  /// `co_await queue.get()` takes the next item out, waiting for one. Throws QueueShutDown when it
  /// is shut down and empty; CancelledError with no item lost.
  QueueGet<BasicQueue> get() noexcept { return QueueGet<BasicQueue>(*this); }
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
  friend class QueueGetting<BasicQueue>;
  friend class QueuePutting<BasicQueue>;

  /// Or fail, since there is nothing to wait for.
  bool can_get() const noexcept { return !empty() || shut_down_; }
  bool can_put() const noexcept { return !full() || shut_down_; }

  std::size_t maxsize_;  // 0: no bound
  Container items_;
  SignalQueue getters_;
  SignalQueue putters_;
  std::size_t unfinished_ = 0;  // put, and `task_done` not said
  Event finished_;              // set while that is 0
  bool shut_down_ = false;
};

/// A ring in one piece of memory, which doubles when it is full and is never given back.
template <class T>
class FifoItems {
 public:
  FifoItems() = default;
  FifoItems(const FifoItems&) = delete;
  FifoItems& operator=(const FifoItems&) = delete;
  ~FifoItems() {
    while (size_ > 0)
      pop();
    if (ring_ != nullptr) std::allocator<T>().deallocate(ring_, capacity_);
  }

  std::size_t size() const noexcept { return size_; }
  void push(T item) {
    if (size_ == capacity_) grow();
    std::construct_at(&at(size_), std::move(item));
    ++size_;
  }
  T pop() {
    T& first = at(0);
    T item = std::move(first);
    std::destroy_at(&first);
    ++first_;
    --size_;
    return item;
  }

 private:
  T& at(std::size_t index) const noexcept { return ring_[(first_ + index) & (capacity_ - 1)]; }
  void grow() {
    const std::size_t capacity = capacity_ == 0 ? 8 : 2 * capacity_;
    T* const ring = std::allocator<T>().allocate(capacity);
    for (std::size_t i = 0; i < size_; ++i) {
      std::construct_at(ring + i, std::move(at(i)));
      std::destroy_at(&at(i));
    }
    if (ring_ != nullptr) std::allocator<T>().deallocate(ring_, capacity_);
    ring_ = ring;
    capacity_ = capacity;
    first_ = 0;
  }

  T* ring_ = nullptr;
  std::size_t capacity_ = 0;  // 0, or a power of two
  std::size_t first_ = 0;     // where the next to be taken lies, counted on and on
  std::size_t size_ = 0;
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
