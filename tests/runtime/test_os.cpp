#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rondo/runtime.h>

#include "temporary_directory.h"
#include "virtual_run.h"

namespace rondo::testing {

namespace {

using test::contents;
using test::put;
using test::TemporaryDirectory;

template <class T>
std::vector<T> sorted(std::vector<T> all) {
  std::ranges::sort(all);
  return all;
}

}  // namespace

TEST_CASE("stat tells size, kind, rights and times") {
  const TemporaryDirectory directory;
  put(directory / "file", "12345");
  ::chmod((directory / "file").c_str(), 0640);
  REQUIRE(::symlink("file", (directory / "link").c_str()) == 0);
  run_virtual([&]() -> Coroutine<> {
    const os::StatResult file = co_await os::stat(directory / "file");
    CHECK(file.size == 5);
    CHECK(file.mode == (S_IFREG | 0640));
    CHECK(file.is_file());
    CHECK_FALSE(file.is_dir());
    CHECK(file.links == 1);
    CHECK(file.uid == ::getuid());
    const auto age = std::chrono::system_clock::now() - file.mtime;
    CHECK(age < 1h);
    CHECK(age > -1h);
    const os::StatResult link = co_await os::lstat(directory / "link");
    CHECK(link.is_symlink());
    CHECK(link.inode != file.inode);
    const os::StatResult target = co_await os::stat(directory / "link");
    CHECK(target.inode == file.inode);
    CHECK(target.device == file.device);
    const os::StatResult self = co_await os::stat(directory.path());
    CHECK(self.is_dir());
    const std::string error = co_await error_of(os::stat(directory / "none"));
    CHECK(error == "stat " + (directory / "none") + ": No such file or directory");
  });
}

TEST_CASE("exists, is_file and is_dir say what a path leads to") {
  const TemporaryDirectory directory;
  put(directory / "file", "");
  REQUIRE(::symlink("nothing", (directory / "dangling").c_str()) == 0);
  REQUIRE(::symlink("loop", (directory / "loop").c_str()) == 0);
  struct Case {
    std::string path;
    bool exists, is_file, is_dir;
  };
  const std::vector<Case> cases{
      {directory / "file", true, true, false},
      {directory.path(), true, false, true},
      {directory / "none", false, false, false},
      {directory / "file/x", false, false, false},
      {directory / "dangling", false, false, false},
      {directory / "loop", false, false, false},
      {"/dev/null", true, false, false},
  };
  run_virtual([&]() -> Coroutine<> {
    for (const Case& one : cases) {
      CAPTURE(one.path);
      const bool exists = co_await os::exists(one.path);
      CHECK(exists == one.exists);
      const bool is_file = co_await os::is_file(one.path);
      CHECK(is_file == one.is_file);
      const bool is_dir = co_await os::is_dir(one.path);
      CHECK(is_dir == one.is_dir);
    }
    const bool refused = co_await throws<ValueError>(os::exists(std::string("a\0b", 3)));
    CHECK(refused);
    const bool too_long = co_await throws<OSError>(os::exists(std::string(5000, 'x')));
    CHECK(too_long);
  });
}

TEST_CASE("rename replaces what had the name, and names both paths when it fails") {
  const TemporaryDirectory directory;
  put(directory / "a", "new");
  put(directory / "b", "old");
  run_virtual([&]() -> Coroutine<> {
    co_await os::rename(directory / "a", directory / "b");
    CHECK(contents(directory / "b") == "new");
    co_await os::replace(directory / "b", directory / "c");
    CHECK(directory.size() == 1);
    const std::string error = co_await error_of(os::rename(directory / "b", directory / "d"));
    CHECK(error == "rename " + (directory / "b") + " to " + (directory / "d") +
                       ": No such file or directory");
  });
}

TEST_CASE("unlink takes files away, rmdir empty directories") {
  const TemporaryDirectory directory;
  put(directory / "a", "");
  put(directory / "b", "");
  run_virtual([&]() -> Coroutine<> {
    co_await os::unlink(directory / "a");
    co_await os::remove(directory / "b");
    CHECK(directory.size() == 0);
    const bool missing = co_await throws<FileNotFoundError>(os::remove(directory / "b"));
    CHECK(missing);
    co_await os::mkdir(directory / "d", 0700);
    const os::StatResult made = co_await os::stat(directory / "d");
    CHECK((made.mode & 0777) == 0700);
    const bool is_directory = co_await throws<IsADirectoryError>(os::unlink(directory / "d"));
    CHECK(is_directory);
    const bool there = co_await throws<FileExistsError>(os::mkdir(directory / "d"));
    CHECK(there);
    put(directory / "d/file", "");
    const bool not_empty = co_await throws<OSError>(os::rmdir(directory / "d"));
    CHECK(not_empty);
    co_await os::unlink(directory / "d/file");
    co_await os::rmdir(directory / "d");
    CHECK(directory.size() == 0);
  });
}

TEST_CASE("makedirs makes all that is missing, and minds what is there only if it is told to") {
  const TemporaryDirectory directory;
  put(directory / "file", "");
  run_virtual([&]() -> Coroutine<> {
    co_await os::makedirs(directory / "a/b//c/", 0700);
    const os::StatResult made = co_await os::stat(directory / "a/b/c");
    CHECK((made.mode & 0777) == 0700);
    const bool there = co_await throws<FileExistsError>(os::makedirs(directory / "a/b"));
    CHECK(there);
    co_await os::makedirs(directory / "a/b", os::exist_ok);
    co_await os::makedirs(directory / "a/b/d/e", os::exist_ok);
    const bool deep = co_await os::is_dir(directory / "a/b/d/e");
    CHECK(deep);
    const bool file =
        co_await throws<FileExistsError>(os::makedirs(directory / "file", os::exist_ok));
    CHECK(file);
    const bool below =
        co_await throws<NotADirectoryError>(os::makedirs(directory / "file/x", os::exist_ok));
    CHECK(below);
    const bool empty = co_await throws<FileNotFoundError>(os::makedirs(""));
    CHECK(empty);
    co_await os::makedirs("/", os::exist_ok);
  });
}

TEST_CASE("tasks that make the same directories at once do not disturb each other") {
  const TemporaryDirectory directory;
  run_virtual([&]() -> Coroutine<> {
    std::vector<Task<>> tasks;
    for (int i = 0; i < 20; ++i)
      tasks.push_back(create_task(os::makedirs(directory / "a/b/c/d/e", os::exist_ok)));
    co_await gather(tasks);
    const bool made = co_await os::is_dir(directory / "a/b/c/d/e");
    CHECK(made);
  });
}

TEST_CASE("listdir and scandir tell what is in a directory") {
  const TemporaryDirectory directory;
  put(directory / "file", "");
  REQUIRE(::mkdir((directory / "sub").c_str(), 0777) == 0);
  REQUIRE(::symlink("sub", (directory / "link").c_str()) == 0);
  run_virtual([&]() -> Coroutine<> {
    const std::vector<std::string> names = co_await os::listdir(directory.path());
    CHECK(sorted(names) == std::vector<std::string>{"file", "link", "sub"});
    const std::vector<os::DirEntry> entries = co_await os::scandir(directory.path() + "/");
    CHECK(entries.size() == 3);
    for (const os::DirEntry& entry : entries) {
      CAPTURE(entry.name());
      CHECK(entry.is_file() == (entry.name() == "file"));
      CHECK(entry.is_dir() == (entry.name() == "sub"));
      CHECK(entry.is_symlink() == (entry.name() == "link"));
      CHECK(entry.path() == directory / entry.name());
    }
    const std::vector<std::string> nothing = co_await os::listdir(directory / "sub");
    CHECK(nothing.empty());
    const std::string error = co_await error_of(os::listdir(directory / "none"));
    CHECK(error == "read directory " + (directory / "none") + ": No such file or directory");
    const bool file = co_await throws<NotADirectoryError>(os::listdir(directory / "file"));
    CHECK(file);
  });
}

TEST_CASE("a listing that is cancelled does not wait for its thread, and leaves nothing behind") {
  const TemporaryDirectory directory;
  put(directory / "file", "");
  run_virtual([&]() -> Coroutine<> {
    for (int i = 0; i < 50; ++i) {
      auto task = create_task(os::listdir(directory.path()));
      co_await turns(i % 5);
      task.cancel();
      const std::string error = co_await error_of(task);
      CHECK((error.empty() || error == "cancelled"));
    }
  });
}

}  // namespace rondo::testing
