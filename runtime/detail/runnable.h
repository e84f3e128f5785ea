#pragma once

#include <string>
#include <utility>

namespace rondo::detail {

/// Something that the loop runs when its turn on the ready queue comes: a task's next step, a
/// callback, a timer that has expired. Being a link of the queue itself, it needs no allocation to
/// get there, and it is in at most one queue, once. Destroying it takes it out of the queue.
class Runnable {
 public:
  Runnable(const Runnable&) = delete;
  Runnable& operator=(const Runnable&) = delete;

  virtual void run() = 0;

  /// What this is, for debug mode's warnings.
  virtual std::string debug_name() const { return "callback"; }

  /// The loop closes, and this will not run.
  virtual void dropped() noexcept {}

  /// Is it on a ready queue?
  bool is_ready() const noexcept { return next_ready_ != nullptr; }

 protected:
  Runnable() noexcept = default;
  ~Runnable() {
    if (is_ready()) take_off_queue();
  }

 private:
  friend class ReadyQueue;

  /// Looks for it in the queues of this thread's loops. Slow, and hardly ever needed.
  void take_off_queue() noexcept;

  Runnable* next_ready_ = nullptr;  // null: on no queue; itself: the last one
};

/// First in, first out. It owns nothing.
class ReadyQueue {
 public:
  ReadyQueue() noexcept = default;
  ReadyQueue(const ReadyQueue&) = delete;
  ReadyQueue& operator=(const ReadyQueue&) = delete;

  bool empty() const noexcept { return first_ == nullptr; }

  /// It must not be on a queue.
  void push_back(Runnable& runnable) noexcept {
    runnable.next_ready_ = &runnable;
    *end_ = &runnable;
    end_ = &runnable.next_ready_;
  }

  /// It must not be empty.
  Runnable& pop_front() noexcept {
    if (first_ == nullptr) __builtin_unreachable();  // for the analyzer
    Runnable& runnable = *first_;
    Runnable* const next = std::exchange(runnable.next_ready_, nullptr);
    if (next != &runnable) {
      first_ = next;
    } else {
      clear();
    }
    return runnable;
  }

  /// Runs what is in the queue at this moment, in order, by `run(runnable)`. What comes to it
  /// meanwhile stays for the next time.
  template <class Run>
  void run_batch(Run run) {
    if (empty()) return;
    batch_end_ = end_;
    do {
      Runnable& next = pop_front();
      if (&next.next_ready_ == batch_end_) batch_end_ = nullptr;
      run(next);
    } while (batch_end_ != nullptr);
  }

  /// Moves all of `other` to the end of this queue, in order.
  void take_all(ReadyQueue& other) noexcept {
    if (other.empty()) return;
    *end_ = other.first_;
    end_ = other.end_;
    other.clear();
  }

  /// Takes an element out, wherever it is; false when it is not in. Goes through the queue.
  bool remove(Runnable& runnable) noexcept;

 private:
  void clear() noexcept {
    first_ = nullptr;
    end_ = &first_;
  }

  Runnable* first_ = nullptr;       // null: empty
  Runnable** end_ = &first_;        // the link that the next one is put into
  Runnable** batch_end_ = nullptr;  // that of the last one of the batch that is being run; null:
                                    // none is left
};

}  // namespace rondo::detail
