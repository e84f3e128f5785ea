#include <rondo/runtime/errors.h>
#include <rondo/runtime/exception_group.h>

namespace rondo {

ExceptionGroup::ExceptionGroup(std::string message, std::vector<std::exception_ptr> exceptions)
    // NOLINTNEXTLINE(bugprone-throw-keyword-missing): a list of exceptions, none to throw
    : message_(std::move(message)), exceptions_(std::move(exceptions)), text_(message_) {
  const std::size_t count = exceptions_.size();
  text_ += " (" + std::to_string(count) + (count == 1 ? " sub-exception)" : " sub-exceptions)");
  for (std::size_t i = 0; i < count; ++i) {
    text_ += (i == 0 ? ": " : "; ") + describe_exception(exceptions_[i]);
  }
}

}  // namespace rondo
