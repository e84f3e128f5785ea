#include <array>
#include <cerrno>
#include <cstdint>
#include <random>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <rondo/runtime/async_with.h>
#include <rondo/runtime/atomic_file.h>

namespace rondo {

namespace {

using detail::Effort;

/// The directory part of a path, with its slash; empty for the current directory.
std::string directory_of(const std::string& path) {
  return path.substr(0, path.find_last_of('/') + 1);
}

std::string random_digits() {
  static thread_local std::random_device source;
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 16> text{};
  for (std::size_t i = 0; i < text.size(); i += 8) {
    std::uint32_t bits = source();
    for (std::size_t k = i; k < i + 8; ++k, bits >>= 4)
      text[k] = digits[bits & 15];
  }
  return {text.data(), text.size()};
}

/// Beside the target, hidden, and of a name that is not longer than names may be.
std::string temporary_name(const std::string& path) {
  constexpr std::size_t most = 200;  // bytes of the target's name; a name may have 255
  const std::string directory = directory_of(path);
  return directory + "." + path.substr(directory.size(), most) + "." + random_digits() + ".tmp";
}

}  // namespace

AtomicFile::AtomicFile(std::string path, AtomicOptions options)
    : path_(std::move(path)), options_(options) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      options_(other.options_),
      temporary_(std::exchange(other.temporary_, {})),
      file_(std::exchange(other.file_, std::nullopt)) {}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Coroutine<File> AtomicFile::aenter() {
  detail::check_path(path_);
  if (path_.empty() || path_.ends_with('/')) throw ValueError("not the path of a file: " + path_);
  std::string candidate;
  int result = -EEXIST;
  for (int tries = 0; tries < 100 && result == -EEXIST; ++tries) {
    candidate = temporary_name(path_);
    Request request{Opcode::open, AT_FDCWD, candidate.data(), options_.mode};
    request.flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    result = co_await detail::operate(request, Effort::once_begun);
  }
  if (result < 0) throw_os_error(-result, "write " + path_ + ": create " + candidate);
  temporary_ = candidate;
  // Its errors are to name the file that the program knows of.
  detail::OpenedFile opened{FileDescriptor(result), path_, detail::OpenMode("w")};
  file_ = File(detail::make_ref<detail::FileState>(get_running_loop(), std::move(opened)));
  co_return *file_;
}

Coroutine<void> AtomicFile::aexit(std::exception_ptr error) {
  std::exception_ptr failure = error;
  if (!failure) {
    try {
      co_await commit();
    } catch (...) {
      failure = std::current_exception();
    }
  }
  if (!temporary_.empty()) co_await discard();
  if (failure && !error) std::rethrow_exception(failure);
}

Coroutine<void> AtomicFile::commit() {
  const File file = *file_;
  if (file.closed()) throw ValueError("the body has closed " + path_ + ", which AtomicFile does");
  co_await file.fsync();
  co_await file.close();
  Request request{Opcode::rename, AT_FDCWD, temporary_.data()};
  request.second = path_.data();
  const int result = co_await detail::operate(request, Effort::once_begun);
  if (result < 0) throw_os_error(-result, "rename " + temporary_ + " to " + path_);
  temporary_.clear();
  if (options_.sync_directory) co_await sync_directory();
}

/// The target is replaced already: nothing may be cancelled here any more.
Coroutine<void> AtomicFile::sync_directory() {
  std::string directory = directory_of(path_);
  if (directory.empty()) directory = ".";
  Request request{Opcode::open, AT_FDCWD, directory.data()};
  request.flags = O_RDONLY | O_DIRECTORY;
  int result = co_await detail::operate(request, Effort::in_any_case);
  if (result < 0) throw_os_error(-result, "open " + directory);
  FileDescriptor descriptor(result);
  result = co_await detail::operate({Opcode::fsync, descriptor.get()}, Effort::in_any_case);
  const int closed =
      co_await detail::operate({Opcode::close, descriptor.get()}, Effort::in_any_case);
  descriptor.close_answered(closed);
  if (result < 0) throw_os_error(-result, "fsync " + directory);
}

/// Whatever the task was asked for meanwhile.
Coroutine<void> AtomicFile::discard() {
  const File file = *file_;
  try {
    co_await file.state_->discard();
  } catch (const OSError&) {
    // A close that fails has closed, and what was written is not wanted.
  }
  const Request request{Opcode::unlink, AT_FDCWD, temporary_.data()};
  const int result = co_await detail::operate(request, Effort::in_any_case);
  if (result < 0 && result != -ENOENT) {
    file.state_->report("a temporary file stays behind",
                        make_os_error(-result, "unlink " + temporary_));
  }
  temporary_.clear();
}

Coroutine<void> write_atomic(std::string path, std::string text, AtomicOptions options) {
  AtomicFile target(std::move(path), options);
  co_await async_with(target,
                      [&text](File file) -> Coroutine<> { co_await file.write(std::move(text)); });
}

}  // namespace rondo
