// A pool of threads that block, and a thread that may not: it hands each read over and is told when
// it is done. This is what an event loop has to do for files when it has no io_uring.
//
//   files-pool --file PATH --mode seq|random --reads R [--depth 32] [--direct]

#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include "measure.h"

namespace {

/// Threads that call what is queued.
class Pool {
 public:
  explicit Pool(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
      threads_.emplace_back([this] { work(); });
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    came_.notify_all();
    for (std::thread& thread : threads_)
      thread.join();
  }

  void submit(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    came_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      came_.wait(lock, [this] { return !jobs_.empty() || closing_; });
      if (jobs_.empty()) return;
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  std::mutex mutex_;  // guards all that follows
  std::condition_variable came_;
  std::deque<std::function<void()>> jobs_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

struct Answer {
  std::size_t slot;
  long result;  // bytes, or -errno
};

/// What the threads tell the one that waits.
class Mailbox {
 public:
  void post(Answer answer) {
    {
      const std::lock_guard lock(mutex_);
      answers_.push_back(answer);
    }
    came_.notify_one();
  }
  /// Waits for the first, and takes all that there are.
  std::vector<Answer> take() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [this] { return !answers_.empty(); });
    return std::exchange(answers_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Answer> answers_;
};

}  // namespace

int main(int argc, char** argv) {
  Run run = read_command_line("pool", argc, argv, nullptr);
  unsigned char* buffers = make_buffers(&run);
  begin(&run);
  std::uint64_t sum = 0;
  {
    Mailbox mailbox;
    Pool pool(run.depth);
    std::size_t next = 0;
    const auto submit = [&](std::size_t slot) {
      const off_t offset = static_cast<off_t>(offset_of(&run, next++));
      pool.submit([&, slot, offset] {
        const ssize_t got = ::pread(run.fd, buffers + slot * block_size, block_size, offset);
        mailbox.post({slot, got < 0 ? -errno : got});
      });
    };
    for (std::size_t slot = 0; slot < run.depth && next < run.reads; ++slot)
      submit(slot);
    for (std::size_t done = 0; done < run.reads;) {
      for (const Answer& answer : mailbox.take()) {
        check_read(&run, answer.result);
        sum += first_word(buffers + answer.slot * block_size);
        ++done;
        if (next < run.reads) submit(answer.slot);
      }
    }
  }
  finish(&run, sum);
  std::free(buffers);
}
