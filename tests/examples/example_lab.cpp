#include "example_lab.h"

#include <fstream>

#include <doctest/doctest.h>

namespace rondo::tests {

namespace fs = std::filesystem;

namespace {

std::string replaced(std::string text, const std::string& old_part, const std::string& new_part) {
  for (std::size_t at = text.find(old_part); at != std::string::npos;
       at = text.find(old_part, at + new_part.size())) {
    text.replace(at, old_part.size(), new_part);
  }
  return text;
}

}  // namespace

ExampleLab::ExampleLab() {
  const fs::path source = RONDO_SOURCE_DIR;
  write("routers.yaml", contents(source / "lab" / "routers.yaml"));
  for (const fs::directory_entry& entry : fs::directory_iterator(source / "examples")) {
    const fs::path& file = entry.path();
    if (file.extension() == ".yaml") write(file.filename().string(), contents(file));
  }

  const std::vector<std::string> arguments = {"--routers", "routers.yaml",  //
                                              "--known-hosts", "known_hosts"};
  routers_.emplace(RONDO_LAB, arguments, here_.path());
  const bool ready = routers_->wait_for_output("ready\n");
  REQUIRE_MESSAGE(ready, routers_->output());
}

Ending ExampleLab::run(const std::string& name, const std::vector<std::string>& arguments) const {
  Program program(examples_directory() / name, arguments, here_.path());
  return program.wait();
}

std::string ExampleLab::output_of(const std::string& name,
                                  const std::vector<std::string>& arguments) const {
  const Ending ending = run(name, arguments);
  CAPTURE(ending.output);
  CHECK(ending.in_time);
  CHECK(ending.exit_status() == 0);
  return replaced(ending.output, network_, "127.0.100.");
}

void ExampleLab::check_example(const std::string& name) const {
  CHECK(output_of(name) == contents(fs::path(RONDO_EXPECTED_DIR) / (name + ".txt")));
}

void ExampleLab::write(const std::string& file, const std::string& text) const {
  std::ofstream(here_.path() / file) << replaced(text, "127.0.100.", network_);
}

}  // namespace rondo::tests
