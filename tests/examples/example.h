#pragma once

#include <string>
#include <vector>

#include "program.h"

// The examples that need no lab, as a reader runs them, but on the virtual clock; time passes as on
// the wall while they wait for another program or a thread.

namespace rondo::tests {

/// What the example printed in that directory. It must have ended by itself, in time, with exit
/// status 0. No ping is needed: a script stands in.
std::string output_of(const std::string& name, const std::filesystem::path& working_directory,
                      const std::vector<std::string>& arguments = {});

/// What the book shows.
std::string expected(const std::string& name);

/// The example prints what the book shows.
void check_example(const std::string& name);

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace rondo::tests
