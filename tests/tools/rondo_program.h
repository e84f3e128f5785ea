#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "../examples/program.h"

// The program `rondo`, as a user runs it.

namespace rondo::tests {

/// Where it was built: beside the examples.
inline std::filesystem::path rondo_program() {
  return examples_directory().parent_path() / "tools" / "rondo";
}

/// A directory to run it in.
class Desk {
 public:
  Ending run(const std::vector<std::string>& arguments,
             const std::vector<std::string>& environment = {}) const {
    Program program(rondo_program(), arguments, here_.path(), environment);
    return program.wait();
  }
  std::filesystem::path path(const std::string& name) const { return here_.path() / name; }
  void write(const std::string& name, const std::string& text) const {
    create_directories(path(name).parent_path());
    std::ofstream(path(name)) << text;
  }

 private:
  TemporaryDirectory here_;
};

inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++times;
  return times;
}

inline bool contains(const std::string& text, const std::string& part) {
  return count(text, part) > 0;
}

}  // namespace rondo::tests
