#pragma once

#include <exception>
#include <string>
#include <utility>
#include <vector>

// ExceptionGroup: several exceptions that happened side by side, thrown as one.

namespace rondo {

/// See Python's ExceptionGroup. `what()` is the message and then each exception's own text.
class ExceptionGroup : public std::exception {
 public:
  ExceptionGroup(std::string message, std::vector<std::exception_ptr> exceptions);

  const char* what() const noexcept override { return text_.c_str(); }
  const std::string& message() const noexcept { return message_; }
  /// The exceptions, in the order in which they happened; groups may hold groups.
  const std::vector<std::exception_ptr>& exceptions() const noexcept { return exceptions_; }

  /// Calls `visit(error)` for every exception of type `E`, those in groups within the group too;
  /// returns how many there were. The counterpart of `except* E`.
  template <class E, class Visit>
  std::size_t for_each(Visit visit) const {
    std::size_t found = 0;
    for (const std::exception_ptr& pointer : exceptions_) {
      try {
        std::rethrow_exception(pointer);
      } catch (const ExceptionGroup& group) {
        found += group.for_each<E>(visit);
      } catch (const E& error) {
        ++found;
        visit(error);
      } catch (...) {
        continue;  // of another type
      }
    }
    return found;
  }

 private:
  std::string message_;
  std::vector<std::exception_ptr> exceptions_;
  std::string text_;
};

}  // namespace rondo
