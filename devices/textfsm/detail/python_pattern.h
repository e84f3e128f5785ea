#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/devices/textfsm/detail/code.h>

// Python's regular expressions, as `re` of Python 3.11 understands them, in the words of PCRE2.
//
// The two languages look alike and differ in many places: \Z, \h, {,3}, [[:alpha:]], \B at an empty
// text, what is white space, what is an error. So nothing is copied: an expression is read as
// Python reads it, each of its parts is written so that PCRE2 can take it for one thing only, and
// what Python refuses is refused.
//
// Three things are not as in Python: \N{NAME} is refused; none may demand more than 65,535
// repetitions, and where more are allowed, they are as good as endless; and (...)*+ is right, while
// Python 3.11 goes on at a wrong place when it has failed.

namespace rondo::textfsm::detail {

/// A group's name, and its number.
using GroupNames = std::vector<std::pair<std::string, std::size_t>>;

struct Translation {
  std::string pattern;                  // PCRE2's
  Alphabet alphabet = Alphabet::ascii;  // as asked for; unicode if the expression needs it
  std::size_t groups = 0;               // without the whole match
  GroupNames names;                     // in the order of the groups
};

/// The expression for subjects of `alphabet`, to be compiled by `Code`. `pattern` is valid UTF-8.
/// Throws PatternError where Python throws re.error (or ValueError, OverflowError,
/// RecursionError).
Translation translate(std::string_view pattern, Alphabet alphabet);

}  // namespace rondo::textfsm::detail
