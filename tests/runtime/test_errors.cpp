#include <cerrno>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

#include <rondo/runtime/errors.h>

namespace rondo::testing {
namespace {

template <class E>
bool is_exactly(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& thrown) {
    return typeid(thrown) == typeid(E);
  }
}

TEST_CASE("catching std::exception does not catch a cancellation") {
  static_assert(!std::is_base_of_v<std::exception, CancelledError>);
  CHECK(CancelledError().message().empty());
  CHECK(CancelledError("enough").message() == "enough");
}

TEST_CASE("an error of the system has the class that suits its number") {
  CHECK(is_exactly<ConnectionRefusedError>(make_os_error(ECONNREFUSED, "connect")));
  CHECK(is_exactly<ConnectionResetError>(make_os_error(ECONNRESET, "read")));
  CHECK(is_exactly<BrokenPipeError>(make_os_error(EPIPE, "write")));
  CHECK(is_exactly<BrokenPipeError>(make_os_error(ESHUTDOWN, "write")));
  CHECK(is_exactly<ConnectionAbortedError>(make_os_error(ECONNABORTED, "accept")));
  CHECK(is_exactly<FileNotFoundError>(make_os_error(ENOENT, "open")));
  CHECK(is_exactly<FileExistsError>(make_os_error(EEXIST, "open")));
  CHECK(is_exactly<IsADirectoryError>(make_os_error(EISDIR, "open")));
  CHECK(is_exactly<NotADirectoryError>(make_os_error(ENOTDIR, "open")));
  CHECK(is_exactly<PermissionError>(make_os_error(EACCES, "open")));
  CHECK(is_exactly<PermissionError>(make_os_error(EPERM, "open")));
  CHECK(is_exactly<BlockingIOError>(make_os_error(EAGAIN, "read")));
  CHECK(is_exactly<InterruptedError>(make_os_error(EINTR, "read")));
  CHECK(is_exactly<ChildProcessError>(make_os_error(ECHILD, "wait")));
  CHECK(is_exactly<ProcessLookupError>(make_os_error(ESRCH, "kill")));
  CHECK(is_exactly<OSError>(make_os_error(ETIMEDOUT, "connect")));
  CHECK(is_exactly<OSError>(make_os_error(EIO, "read")));
  CHECK_THROWS_AS(throw_os_error(ECONNREFUSED, "connect"), ConnectionError);
  CHECK_THROWS_AS(throw_os_error(EPIPE, "write"), OSError);
}

TEST_CASE("an error of the system tells its number, what was done and why it failed") {
  try {
    throw_os_error(ENOENT, "open /nowhere");
  } catch (const OSError& error) {
    CHECK(error.code().value() == ENOENT);
    CHECK(std::string(error.what()) == "open /nowhere: No such file or directory");
  }
}

TEST_CASE("an incomplete read keeps the bytes that came") {
  const IncompleteReadError exact("abc", 5);
  CHECK(exact.partial() == "abc");
  CHECK(exact.expected() == 5);
  CHECK(std::string(exact.what()).find("3 bytes read on a total of 5") == 0);
  const IncompleteReadError until("abc", std::nullopt);
  CHECK(until.expected() == std::nullopt);
  CHECK(std::string(until.what()).find("undefined") != std::string::npos);
  CHECK(LimitOverrunError("too long", 7).consumed() == 7);
}

TEST_CASE("any exception can be described in one line") {
  CHECK(describe_exception(nullptr) == "no exception");
  CHECK(describe_exception(std::make_exception_ptr(CancelledError())) == "cancelled");
  CHECK(describe_exception(std::make_exception_ptr(CancelledError("why"))) == "cancelled: why");
  CHECK(describe_exception(std::make_exception_ptr(std::runtime_error("boom"))) == "boom");
  CHECK(describe_exception(std::make_exception_ptr(TimeoutError())) == "timed out");
  CHECK(describe_exception(std::make_exception_ptr(42)) == "unknown exception");
}

}  // namespace
}  // namespace rondo::testing
