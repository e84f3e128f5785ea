#pragma once

#include <exception>
#include <optional>
#include <string>

#include <sys/types.h>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/open_file.h>

// write_atomic, AtomicFile: a file that has its old contents or its new ones, and never a part.
//
// The new contents go to a temporary file in the same directory, which takes the target's name when
// it is complete and the disk has it. Whoever reads meanwhile reads the old file. Whatever ends
// this earlier, an error, a full disk or a cancellation, leaves the target as it was and takes the
// temporary file away; only a process that is killed leaves one behind, called
// ".NAME.0123456789abcdef.tmp".
//
//     co_await async_with(AtomicFile("report.csv"), [](File file) -> Coroutine<> {
//       co_await file.write("host,result\n");
//     });

namespace rondo {

/// How an atomic file is written.
struct AtomicOptions {
  /// The new file's rights, less the umask. Those of the old file do not matter.
  mode_t mode = 0666;
  /// Is the directory, too, to be on the disk at the end? Without it, a power failure right
  /// afterwards may bring the old file back, whole.
  bool sync_directory = false;
};

/// To be handed to async_with: the body is given a File to write to, and its end makes it the
/// target; its exception leaves the target untouched. The body must not close the File (ValueError,
/// at the end). A symbolic link at `path` is replaced, not followed.
///
/// Entering and leaving throw an OSError that names the path; CancelledError if it came before the
/// target was replaced. One that comes while it is replaced shows at the task's next await.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path, AtomicOptions options = AtomicOptions());
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  /// Takes away a temporary file that is still there: one that was entered and never left.
  ~AtomicFile();

  const std::string& path() const noexcept { return path_; }

  // For async_with.
  Coroutine<File> aenter();
  Coroutine<void> aexit(std::exception_ptr error);

 private:
  Coroutine<void> commit();
  Coroutine<void> sync_directory();
  Coroutine<void> discard();

  std::string path_;
  AtomicOptions options_;
  std::string temporary_;     // the path of the temporary file while there is one; else empty
  std::optional<File> file_;  // from `aenter` on
};

/// Gives the file at `path` the contents `text`, or leaves it as it was, as AtomicFile does.
Coroutine<void> write_atomic(std::string path, std::string text,
                             AtomicOptions options = AtomicOptions());

}  // namespace rondo
