#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>
#include <sys/types.h>

#include <rondo/runtime/coroutine.h>

// os: names in directories, looked up and changed while the loop goes on.
//
// The functions of Python's os and os.path that programs await (as aiofiles.os), under their names.
// Each is an operation of the kernel's, but for reading a directory, which it has none for: a
// thread does that. They are in a namespace of their own since C has functions of the same names,
// which block.
//
// All throw an OSError whose class suits the reason (FileNotFoundError, FileExistsError,
// PermissionError, ...) and whose text names the path; ValueError for a path with a zero byte; and
// CancelledError. What changes something is done as a whole or not begun: a cancellation that finds
// the kernel at it waits for the end, and is thrown at the task's next await.

namespace rondo::os {

/// What `stat` tells of a file.
struct StatResult {
  using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

  std::uint64_t size;    ///< bytes
  mode_t mode;           ///< the kind and the rights: S_IFREG | 0644
  std::uint64_t inode;   ///< with `device`, what tells two files apart
  std::uint64_t device;  ///< where it lies
  std::uint32_t links;   ///< how many names it has
  uid_t uid;             ///< who owns it
  gid_t gid;             ///< which group does
  Time mtime;            ///< its contents changed last
  Time atime;            ///< they were read last
  Time ctime;            ///< something about it changed last

  bool is_file() const noexcept { return S_ISREG(mode); }
  bool is_dir() const noexcept { return S_ISDIR(mode); }
  bool is_symlink() const noexcept { return S_ISLNK(mode); }  ///< of `lstat` only
  bool is_fifo() const noexcept { return S_ISFIFO(mode); }
};

/// Of what the path leads to. See os.stat.
Coroutine<StatResult> stat(std::string path);
/// Of the symbolic link itself, if it is one. See os.lstat.
Coroutine<StatResult> lstat(std::string path);

/// Does the path lead to something (to a file, to a directory)? A link that leads nowhere does not.
/// Whatever else keeps one from looking, such as rights, is thrown. See os.path.exists.
Coroutine<bool> exists(std::string path);
Coroutine<bool> is_file(std::string path);
Coroutine<bool> is_dir(std::string path);

/// Gives a file or directory another name, in the same file system, in one step. A file that had
/// that name is gone. See os.rename, os.replace.
Coroutine<void> rename(std::string from, std::string to);
Coroutine<void> replace(std::string from, std::string to);

/// Takes the name of a file away. See os.unlink, os.remove.
Coroutine<void> unlink(std::string path);
Coroutine<void> remove(std::string path);

/// Makes a directory, with these rights less the umask. See os.mkdir.
Coroutine<void> mkdir(std::string path, mode_t mode = 0777);

/// What `makedirs` says to a directory that is there already.
enum class Existing : std::uint8_t { is_an_error, is_ok };
inline constexpr Existing exist_ok = Existing::is_ok;

/// Makes a directory and those above it that are missing (with the rights 0777 less the umask). See
/// os.makedirs.
Coroutine<void> makedirs(std::string path, mode_t mode = 0777,
                         Existing existing = Existing::is_an_error);
Coroutine<void> makedirs(std::string path, Existing existing);

/// Takes an empty directory away. See os.rmdir.
Coroutine<void> rmdir(std::string path);

/// An entry of a directory.
class DirEntry {
 public:
  DirEntry(std::string directory, std::string name, mode_t kind);

  const std::string& name() const noexcept { return name_; }
  std::string path() const;  ///< the directory's path, as `scandir` was given it, and the name
  /// Of the entry itself, without a further look: a symbolic link is that and nothing else.
  bool is_file() const noexcept { return S_ISREG(kind_); }
  bool is_dir() const noexcept { return S_ISDIR(kind_); }
  bool is_symlink() const noexcept { return S_ISLNK(kind_); }

 private:
  std::string directory_;
  std::string name_;
  mode_t kind_;  // S_IF...
};

/// What is in a directory, without "." and "..", in no order. Read by a thread of the loop's
/// default executor; a cancellation does not wait for it. See os.listdir, os.scandir.
Coroutine<std::vector<std::string>> listdir(std::string path = ".");
Coroutine<std::vector<DirEntry>> scandir(std::string path = ".");

}  // namespace rondo::os
