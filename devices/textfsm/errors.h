#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

// What can go wrong with a template, with a text, and with an index. Each text begins with the file
// (or the name that the template was given) and the line.

namespace rondo::textfsm {

/// Base of all of them.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A template is no template: the text says where, what is wrong, and what would be right.
class TemplateError : public Error {
 public:
  using Error::Error;
};

/// A text was refused: by a rule whose action is Error, or since a regular expression took too long
/// or met what it cannot be matched with.
class ParseError : public Error {
 public:
  ParseError(const std::string& text, std::string message, std::string state, std::size_t line,
             std::string input)
      : Error(text),
        message_(std::move(message)),
        state_(std::move(state)),
        line_(line),
        input_(std::move(input)) {}

  /// What the rule says after Error, without quotes; for other reasons, the reason. May be empty.
  const std::string& message() const noexcept { return message_; }
  /// The state in which it happened.
  const std::string& state() const noexcept { return state_; }
  /// The number of the line of the text, from 1.
  std::size_t line() const noexcept { return line_; }
  /// That line.
  const std::string& input() const noexcept { return input_; }

 private:
  std::string message_;
  std::string state_;
  std::size_t line_;
  std::string input_;
};

/// An index cannot be used, no row of it fits, or tables cannot be merged.
class CliTableError : public Error {
 public:
  using Error::Error;
};

}  // namespace rondo::textfsm
