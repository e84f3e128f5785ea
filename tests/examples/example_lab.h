#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

#include "program.h"

// The book's devices under other addresses, so that a lab that is running already is not in the
// way, and the examples that talk to them.

namespace rondo::tests {

/// A running lab, and a directory in which the examples find what they read.
class ExampleLab {
 public:
  ExampleLab();

  Ending run(const std::string& name, const std::vector<std::string>& arguments = {}) const;

  /// Of the router that the book's lab has at 127.0.100.HOST.
  std::string address(int host) const { return network_ + std::to_string(host) + ":2222"; }

  /// What the program prints with addresses as in the book. It must end by itself, with exit status
  /// 0.
  std::string output_of(const std::string& name,
                        const std::vector<std::string>& arguments = {}) const;
  /// It prints what stands in expected/NAME.txt.
  void check_example(const std::string& name) const;

  /// A file that the examples may read; addresses as in the book.
  void write(const std::string& file, const std::string& text) const;
  /// What an example has written.
  std::string written(const std::string& file) const { return contents(here_.path() / file); }

 private:
  const std::string network_ = "127." + std::to_string(64 + getpid() / 256 % 64) + "." +
                               std::to_string(getpid() % 256) + ".";
  const TemporaryDirectory here_;
  std::optional<Program> routers_;
};

}  // namespace rondo::tests
