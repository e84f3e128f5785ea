#include <cerrno>

#include <rondo/runtime/errors.h>

namespace rondo {

namespace {

std::string incomplete_text(std::size_t got, std::optional<std::size_t> expected) {
  const std::string wanted =
      expected ? std::to_string(*expected) + " expected bytes" : "an undefined number of bytes";
  return std::to_string(got) + " bytes read on a total of " + wanted +
         " before the end of the stream";
}

}  // namespace

IncompleteReadError::IncompleteReadError(std::string partial, std::optional<std::size_t> expected)
    : std::runtime_error(incomplete_text(partial.size(), expected)),
      partial_(std::move(partial)),
      expected_(expected) {}

std::exception_ptr make_os_error(int error_number, const std::string& what) {
  switch (error_number) {
    case ENOENT:
      return std::make_exception_ptr(FileNotFoundError(error_number, what));
    case EEXIST:
      return std::make_exception_ptr(FileExistsError(error_number, what));
    case EISDIR:
      return std::make_exception_ptr(IsADirectoryError(error_number, what));
    case ENOTDIR:
      return std::make_exception_ptr(NotADirectoryError(error_number, what));
    case EACCES:
    case EPERM:
      return std::make_exception_ptr(PermissionError(error_number, what));
    case EAGAIN:
    case EALREADY:
    case EINPROGRESS:
      return std::make_exception_ptr(BlockingIOError(error_number, what));
    case EINTR:
      return std::make_exception_ptr(InterruptedError(error_number, what));
    case ECHILD:
      return std::make_exception_ptr(ChildProcessError(error_number, what));
    case ESRCH:
      return std::make_exception_ptr(ProcessLookupError(error_number, what));
    case ECONNREFUSED:
      return std::make_exception_ptr(ConnectionRefusedError(error_number, what));
    case ECONNRESET:
      return std::make_exception_ptr(ConnectionResetError(error_number, what));
    case ECONNABORTED:
      return std::make_exception_ptr(ConnectionAbortedError(error_number, what));
    case EPIPE:
    case ESHUTDOWN:
      return std::make_exception_ptr(BrokenPipeError(error_number, what));
    default:
      return std::make_exception_ptr(OSError(error_number, what));
  }
}

void throw_os_error(int error_number, const std::string& what) {
  std::rethrow_exception(make_os_error(error_number, what));
}

bool is_cancelled_error(const std::exception_ptr& error) noexcept {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const CancelledError&) {
    return true;
  } catch (...) {
    // Another one.
  }
  return false;
}

std::string describe_exception(const std::exception_ptr& error) {
  if (!error) return "no exception";
  try {
    std::rethrow_exception(error);
  } catch (const CancelledError& cancelled) {
    return cancelled.message().empty() ? "cancelled" : "cancelled: " + cancelled.message();
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace rondo
