#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <rondo/runtime.h>
#include <rondo/runtime/simulated_kernel.h>

#include "../every.h"
#include "drivers.h"
#include "numbered_lines.h"
#include "temporary_directory.h"
#include "virtual_run.h"

// Small programs, each cancelled at every moment of its life, on the ring and on the simulated
// kernel. Whatever the moment: no byte is lost or doubled, what says that it was done was done, and
// no descriptor stays open.

namespace rondo::testing {

namespace {

using test::contents;
using test::first_lines;
using test::line_number;
using test::put;
using test::TemporaryDirectory;

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// Makes a program of each kind, cancels it at one moment after another, and looks at what is left.
enum class By { cancel, scope };

template <class Program>
Coroutine<> cancel_at_each_turn(int count) {
  const std::size_t descriptors = open_descriptors();
  for (int i = 0; i < count; ++i) {
    const By by = i % 2 == 0 ? By::cancel : By::scope;
    CAPTURE(i);
    const TemporaryDirectory directory(test::in_memory());
    Program program(directory);
    CancelScope scope;
    const auto in_scope = [&]() -> Coroutine<> {
      co_await async_with(scope, [&](CancelScope&) { return program.main(); });
    };
    auto task = create_task(in_scope());
    co_await turns(i / 2 % 60);
    if (by == By::cancel) task.cancel();
    if (by == By::scope) scope.cancel();
    const std::string error = co_await error_of(task);
    CHECK((error.empty() || error == "cancelled"));
    co_await program.check();
    // A thread that was listing a directory may still be at it.
    for (int tries = 0; open_descriptors() != descriptors && tries < 100'000; ++tries)
      std::this_thread::yield();
    CHECK(open_descriptors() == descriptors);
  }
}

/// On the real kernel, up to a thousand times.
template <class Program>
void cancel_on_the_kernel() {
  LoopOptions options = virtual_time();
  options.make_driver = test::real_driver;
  Runner runner(options);
  runner.run(cancel_at_each_turn<Program>(1000 / test::every));
}

/// On the simulated kernel, whose seeds decide what is too late.
template <class Program>
void cancel_on_seeds() {
  for (std::uint64_t seed = 1; seed <= 20 / test::every; ++seed) {
    CAPTURE(seed);
    LoopOptions options = virtual_time();
    options.make_driver = [seed] { return std::make_unique<SimulatedKernel>(seed); };
    Runner runner(options);
    runner.run(cancel_at_each_turn<Program>(60));
  }
}

class WriterProgram {
 public:
  explicit WriterProgram(const TemporaryDirectory& directory) : path_(directory / "a") {}

  Coroutine<> main() {
    const File file = co_await open_file(path_, "w");
    file_ = file;
    for (int i = 0; i < 20; ++i) {
      co_await file.write(line_number(i));
      ++written_;
      if (i % 5 == 4) co_await file.flush();
      if (i == 11) co_await file.fsync();
      if (i % 9 == 8) co_await file.seek(0, SEEK_END);
    }
  }
  Coroutine<> check() {
    if (!file_) co_return;
    co_await file_->close();
    const std::string found = contents(path_);
    // A write that was cancelled has its text in the buffer, unless it was cancelled beforehand.
    CHECK((found == first_lines(written_) || found == first_lines(written_ + 1)));
    file_.reset();
  }

 private:
  std::string path_;
  std::optional<File> file_;
  int written_ = 0;
};

class ReaderProgram {
 public:
  explicit ReaderProgram(const TemporaryDirectory& directory) : path_(directory / "a") {
    put(path_, text());
  }

  Coroutine<> main() {
    const File file = co_await open_file(path_);
    file_ = file;
    co_await add(file.readline());
    co_await add(file.read(1000));
    co_await add(file.read(70'000));
    for (int i = 0; i < 3; ++i)
      co_await add(file.readline());
    co_await add(file.read1(20'000));
    co_await add(file.read());
    CHECK(found_ == text());
  }
  Coroutine<> check() {
    if (!file_) co_return;
    const std::uint64_t place = co_await file_->tell();
    CHECK(place == found_.size());
    const std::string rest = co_await file_->read();
    CHECK(found_ + rest == text());
    co_await file_->close();
    file_.reset();
  }

 private:
  static const std::string& text() {
    static const std::string all = first_lines(20);
    return all;
  }
  Coroutine<> add(Coroutine<std::string> read) {
    const std::string bytes = co_await read;
    found_ += bytes;
  }

  std::string path_;
  std::optional<File> file_;
  std::string found_;
};

/// Each read is a task of its own, as wait_for makes one: when it is cancelled, what it yields is
/// lost, and so it must not have taken anything.
class TaskReaderProgram {
 public:
  explicit TaskReaderProgram(const TemporaryDirectory& directory) : path_(directory / "a") {
    put(path_, first_lines(20));
  }

  Coroutine<> main() {
    const File file = co_await open_file(path_);
    file_ = file;
    for (int i = 0; i < 8; ++i) {
      const std::ptrdiff_t count = i % 3 == 0 ? 66'000 : 10'000;
      const auto task = create_task(i % 3 == 1 ? file.readline() : file.read(count));
      tasks_.push_back(task);
      co_await task;
    }
  }
  Coroutine<> check() {
    std::string found;
    for (const auto& task : tasks_) {
      const std::vector<Task<std::string>> one(1, task);
      if (!task.done()) co_await wait(one);
      if (!task.cancelled()) found += task.result();
    }
    tasks_.clear();
    if (!file_) co_return;
    const std::string rest = co_await file_->read();
    CHECK(found + rest == first_lines(20));
    co_await file_->close();
    file_.reset();
  }

 private:
  std::string path_;
  std::optional<File> file_;
  std::vector<Task<std::string>> tasks_;
};

class AtomicProgram {
 public:
  explicit AtomicProgram(const TemporaryDirectory& directory) : directory_(directory) {
    put(directory_ / "a", "old");
  }

  Coroutine<> main() {
    AtomicOptions options;
    options.sync_directory = true;
    co_await write_atomic(directory_ / "a", std::string(100'000, '1'), options);
    ++replaced_;
    co_await async_with(AtomicFile(directory_ / "a"), [](File file) -> Coroutine<> {
      for (int i = 0; i < 2; ++i)
        co_await file.write(std::string(70'000, '2'));
    });
    ++replaced_;
  }
  Coroutine<> check() {
    const std::string found = contents(directory_ / "a");
    if (replaced_ == 0) CHECK(found == "old");
    if (replaced_ == 1) CHECK(found == std::string(100'000, '1'));
    if (replaced_ == 2) CHECK(found == std::string(140'000, '2'));
    CHECK(directory_.size() == 1);
    co_return;
  }

 private:
  const TemporaryDirectory& directory_;
  int replaced_ = 0;
};

/// What each function says that it has done is done, and nothing else.
class NamesProgram {
 public:
  explicit NamesProgram(const TemporaryDirectory& directory) : directory_(directory) {
    put(directory_ / "file", "x");
  }

  Coroutine<> main() {
    co_await os::mkdir(directory_ / "d");
    ++done_;
    co_await os::rename(directory_ / "file", directory_ / "d/file");
    ++done_;
    co_await os::stat(directory_ / "d/file");
    co_await os::unlink(directory_ / "d/file");
    ++done_;
    co_await os::rmdir(directory_ / "d");
    ++done_;
    co_await os::makedirs(directory_ / "e/f/g");
  }
  Coroutine<> check() {
    const bool made = std::filesystem::exists(directory_ / "d");
    CHECK(made == (done_ >= 1 && done_ < 4));
    CHECK(std::filesystem::exists(directory_ / "file") == (done_ < 2));
    CHECK(std::filesystem::exists(directory_ / "d/file") == (done_ == 2));
    co_return;
  }

 private:
  const TemporaryDirectory& directory_;
  int done_ = 0;
};

class OpenProgram {
 public:
  explicit OpenProgram(const TemporaryDirectory& directory) : directory_(directory) {
    put(directory_ / "a", "x");
    REQUIRE(::mkfifo((directory_ / "pipe").c_str(), 0600) == 0);
  }

  Coroutine<> main() {
    for (const char* mode : {"r", "w", "a+", "r+"}) {
      const File closed = co_await open_file(directory_ / "a", mode);
      if (closed.mode() == "w") co_await closed.truncate(10);
      co_await closed.close();
      const File dropped = co_await open_file(directory_ / "a", mode);
    }
    const File reader = co_await open_file(directory_ / "pipe", "r");
    const File writer = co_await open_file(directory_ / "pipe", "w");
    co_await writer.write("text");
  }
  Coroutine<> check() { co_return; }

 private:
  const TemporaryDirectory& directory_;
};

}  // namespace

TEST_SUITE_BEGIN("heavy");

TEST_CASE("a writer that is cancelled at any moment loses and doubles no line") {
  cancel_on_the_kernel<WriterProgram>();
  cancel_on_seeds<WriterProgram>();
}

TEST_CASE("a reader that is cancelled at any moment loses and doubles no byte [fault 26]") {
  cancel_on_the_kernel<ReaderProgram>();
  cancel_on_seeds<ReaderProgram>();
}

TEST_CASE("a read that is a task of its own, and cancelled, has taken nothing [fault 24]") {
  cancel_on_the_kernel<TaskReaderProgram>();
  cancel_on_seeds<TaskReaderProgram>();
}

TEST_CASE("an atomic file that is cancelled at any moment is the old one or the new one") {
  cancel_on_the_kernel<AtomicProgram>();
  cancel_on_seeds<AtomicProgram>();
}

TEST_CASE("what changes names, cancelled at any moment, has done what it says") {
  cancel_on_the_kernel<NamesProgram>();
  cancel_on_seeds<NamesProgram>();
}

TEST_CASE("opening and closing, cancelled at any moment, leaves no descriptor [fault 27]") {
  cancel_on_the_kernel<OpenProgram>();
  cancel_on_seeds<OpenProgram>();
}

TEST_SUITE_END();

}  // namespace rondo::testing
