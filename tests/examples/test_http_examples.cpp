// The examples of chapter 4. Each client brings its server along; http_server gets curl as a
// client.

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "example.h"

namespace {

using namespace rondo::tests;
namespace fs = std::filesystem;

/// What curl prints for that URL: the answer's body and its status.
std::string curl(const std::string& url) {
  const TemporaryDirectory here;
  Program program("/usr/bin/curl",
                  {"--silent", "--max-time", "10", "--write-out", " [%{http_code}]", url},
                  here.path());
  return program.wait().output;
}

}  // namespace

TEST_CASE("http_server: curl gets the table, a device, and a plain error for what there is not") {
  if (!fs::exists("/usr/bin/curl")) {
    std::printf("SKIP http_server: there is no curl\n");
    return;
  }
  const TemporaryDirectory here;
  Program server(examples_directory() / "http_server", {"0"}, here.path());
  const std::string greeting = "serving at ";  // perhaps behind a line that says: over epoll
  REQUIRE(server.wait_for_output(greeting));
  const std::size_t begin = server.output().find(greeting) + greeting.size();
  const std::string url = server.output().substr(begin, server.output().find('\n', begin) - begin);

  CHECK(curl(url + "/health") == R"({"devices":3,"status":"ok"} [200])");
  CHECK(curl(url + "/devices") == R"(["r1","r2","sw1"] [200])");
  CHECK(curl(url + "/devices/sw1") == R"({"address":"192.0.2.9","platform":"arista_eos"} [200])");
  CHECK(curl(url + "/devices/r9") == "404: no such device\n [404]");
  CHECK(curl(url + "/slow/0.1") == R"({"waited":0.1} [200])");
  for (const std::string seconds : {"soon", "61", "-1", "nan", "1s"}) {
    CHECK(curl(url + "/slow/" + seconds) == "400: 0 to 60 seconds, please\n [400]");
  }
}

TEST_CASE("http_server: a port that is none is an error that says so") {
  const TemporaryDirectory here;
  Program server(examples_directory() / "http_server", {"70000"}, here.path());
  const Ending ending = server.wait();
  CHECK(ending.exit_status() == 1);
  CHECK(ending.output == "70000: a port is expected, 0 to 65535\n");
}

TEST_CASE("http_get: a page as text and as JSON, and a status that is an error") {
  check_example("http_get");
}

TEST_CASE("http_get_many: the pages come in the order of their addresses") {
  check_example("http_get_many");
}

TEST_CASE("http_get_completed: each page as it comes, and a line for each that does not") {
  check_example("http_get_completed");
}

TEST_CASE("echo: each line comes back, and the server sees the client go") {
  check_example("echo");
}
