#include "example.h"

#include <doctest/doctest.h>

namespace rondo::tests {

namespace fs = std::filesystem;

std::string output_of(const std::string& name, const fs::path& working_directory,
                      const std::vector<std::string>& arguments) {
  const fs::path ping = fs::path(RONDO_SOURCE_DIR) / "examples" / "fake_ping.sh";
  Program program(examples_directory() / name, arguments, working_directory,
                  {"RONDO_CLOCK=virtual", "PING=" + ping.string()});
  const Ending ending = program.wait();
  CAPTURE(name);
  CAPTURE(ending.output);
  CHECK(ending.in_time);
  CHECK(ending.exit_status() == 0);
  return ending.output;
}

std::string expected(const std::string& name) {
  return contents(fs::path(RONDO_EXPECTED_DIR) / (name + ".txt"));
}

void check_example(const std::string& name) {
  const TemporaryDirectory here;
  CHECK(output_of(name, here.path()) == expected(name));
}

}  // namespace rondo::tests
