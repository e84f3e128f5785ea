#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include <rondo/runtime/detail/intrusive_list.h>
#include <rondo/runtime/detail/signals.h>

// What one loop does with signals: the handler of add_signal_handler, everybody who awaits the
// signal, and, if there is neither, what Runner does with Ctrl-C.

namespace rondo {

class Loop;

namespace detail {

class LoopSignals;

/// Somebody who awaits some signals.
class SignalWatcher : public ListNode<SignalWatcher> {
 public:
  explicit SignalWatcher(std::vector<int> signal_numbers);

  const std::vector<int>& signal_numbers() const noexcept { return signal_numbers_; }
  virtual void signal_came(int signal_number) = 0;

 protected:
  ~SignalWatcher();

 private:
  friend class LoopSignals;
  const std::vector<int> signal_numbers_;  // each once
  LoopSignals* signals_ = nullptr;         // where it is listed; null: nowhere, or the loop closed
};

class LoopSignals {
 public:
  explicit LoopSignals(Loop& loop) noexcept : loop_(loop) {}
  LoopSignals(const LoopSignals&) = delete;
  LoopSignals& operator=(const LoopSignals&) = delete;
  ~LoopSignals() { close(); }

  /// Both throw as SignalInbox::watch. A second handler replaces the first.
  void set_handler(int signal_number, std::function<void()> handler);
  void add_watcher(SignalWatcher& watcher);
  /// False when there is none.
  bool remove_handler(int signal_number) noexcept;

  /// What is done when there is neither handler nor watcher.
  void set_fallback(int signal_number, std::function<void()> fallback);
  void remove_fallback(int signal_number) noexcept;

  /// Is there anything to deliver?
  bool noted() const noexcept { return inbox_ != nullptr && inbox_->noted(); }
  void deliver();

  /// Every signal does again what it did before.
  void close() noexcept;

 private:
  friend class SignalWatcher;
  struct Signal {
    std::function<void()> handler;   // empty: none
    std::function<void()> fallback;  // empty: none
    unsigned watchers = 0;
    bool is_of_interest() const noexcept { return handler || fallback || watchers > 0; }
  };

  /// The signal's entry, which is watched from now on.
  Signal& watched(int signal_number);
  void drop_if_unused(int signal_number) noexcept;
  void remove_watcher(SignalWatcher& watcher) noexcept;
  void deliver(int signal_number, const Signal& signal);

  Loop& loop_;
  SignalInbox* inbox_ = nullptr;   // null while no signal is of interest
  std::map<int, Signal> signals_;  // those that are watched
  IntrusiveList<SignalWatcher, SignalWatcher> watchers_;
};

}  // namespace detail

}  // namespace rondo
