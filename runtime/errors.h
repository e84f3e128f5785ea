#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// The exceptions of the runtime, under asyncio's and Python's names.
//
// One of them stands apart: `CancelledError` is not a std::exception, so that the everyday
// `catch (const std::exception&)` lets a cancellation through, as Python's `except Exception` does.

namespace rondo {

/// Thrown at the await of a task that was asked to end. Let it pass; code that catches it, to clean
/// up, throws it on.
class CancelledError {
 public:
  CancelledError() = default;
  explicit CancelledError(std::string message) : message_(std::move(message)) {}

  /// What `cancel(message)` was given; empty for none.
  const std::string& message() const noexcept { return message_; }

 private:
  std::string message_;
};

/// The program used the library in a way that cannot work; the text says how.
class RuntimeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An argument's value is out of its range.
class ValueError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// The time that `wait_for`, `timeout` or `as_completed` allowed is over.
class TimeoutError : public std::runtime_error {
 public:
  TimeoutError() : std::runtime_error("timed out") {}
  using std::runtime_error::runtime_error;
};

/// The barrier was broken, or reset while the task waited.
class BrokenBarrierError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file was asked for what it cannot do: it was opened for something else, or has no positions.
class UnsupportedOperation : public ValueError {
 public:
  using ValueError::ValueError;
};

/// A future was asked for its result too early, or given one twice.
class InvalidStateError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// The stream ended before all the bytes that were asked for had come.
class IncompleteReadError : public std::runtime_error {
 public:
  IncompleteReadError(std::string partial, std::optional<std::size_t> expected);

  const std::string& partial() const noexcept { return partial_; }  ///< the bytes that did come
  /// How many were asked for; nothing for `readuntil`, which cannot know.
  std::optional<std::size_t> expected() const noexcept { return expected_; }

 private:
  std::string partial_;
  std::optional<std::size_t> expected_;
};

/// The separator did not come within the reader's limit. The bytes stay in the reader.
class LimitOverrunError : public std::runtime_error {
 public:
  LimitOverrunError(const std::string& message, std::size_t consumed)
      : std::runtime_error(message), consumed_(consumed) {}

  std::size_t consumed() const noexcept { return consumed_; }  ///< bytes known to hold no separator

 private:
  std::size_t consumed_;
};

/// The operating system refused; `code()` is its errno. `what()` reads "doing what: why".
class OSError : public std::system_error {
 public:
  OSError(int error_number, const std::string& what)
      : std::system_error(error_number, std::generic_category(), what) {}

 protected:
  /// For errors that are numbered in another way.
  OSError(std::error_code code, const std::string& what) : std::system_error(code, what) {}
};

/// There is no such file or directory.
class FileNotFoundError : public OSError {
 public:
  using OSError::OSError;
};

/// There is something of that name already.
class FileExistsError : public OSError {
 public:
  using OSError::OSError;
};

/// A file was wanted, and it is a directory.
class IsADirectoryError : public OSError {
 public:
  using OSError::OSError;
};

/// A directory was wanted, and it is something else; or a part of the path's beginning is.
class NotADirectoryError : public OSError {
 public:
  using OSError::OSError;
};

/// The rights do not suffice.
class PermissionError : public OSError {
 public:
  using OSError::OSError;
};

/// It would have to wait, and must not.
class BlockingIOError : public OSError {
 public:
  using OSError::OSError;
};

/// A signal came in between.
class InterruptedError : public OSError {
 public:
  using OSError::OSError;
};

/// There is no such child process.
class ChildProcessError : public OSError {
 public:
  using OSError::OSError;
};

/// There is no such process.
class ProcessLookupError : public OSError {
 public:
  using OSError::OSError;
};

/// Something is wrong with a connection.
class ConnectionError : public OSError {
 public:
  using OSError::OSError;
};

/// Nobody listens at that address.
class ConnectionRefusedError : public ConnectionError {
 public:
  using ConnectionError::ConnectionError;
};

/// The peer, or this side by an abort, ended the connection without ceremony.
class ConnectionResetError : public ConnectionError {
 public:
  using ConnectionError::ConnectionError;
};

/// The peer, or the kernel, gave the connection up.
class ConnectionAbortedError : public ConnectionError {
 public:
  using ConnectionError::ConnectionError;
};

/// Writing to something whose reading end is closed.
class BrokenPipeError : public ConnectionError {
 public:
  using ConnectionError::ConnectionError;
};

/// The OSError, of the class that suits `error_number`, ready to be stored or rethrown. `what` says
/// what was being done, and to whom: "connect to 127.0.0.1:22". The classes are those that Python
/// has for each number, but for ETIMEDOUT, which stays an OSError: a TimeoutError is a time limit
/// of the program's own here.
std::exception_ptr make_os_error(int error_number, const std::string& what);

/// Throws what `make_os_error` makes.
[[noreturn]] void throw_os_error(int error_number, const std::string& what);

/// Is it a CancelledError? Not so for null.
bool is_cancelled_error(const std::exception_ptr& error) noexcept;

/// One line about any exception: its text, or "cancelled", or "unknown exception".
std::string describe_exception(const std::exception_ptr& error);

}  // namespace rondo
