// The file of host keys that the lab leaves for its clients.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <rondo/lab/known_hosts.h>

namespace {

using namespace rondo::lab;

struct TemporaryFolder {
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "known.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

const std::vector<LabEndpoint> lab_endpoints = {
    {"r1", "127.0.100.1", 2222, Transport::ssh, "ssh-ed25519", "AAAA1", true},
    {"r2", "127.0.100.2", 22, Transport::ssh, "ssh-ed25519", "AAAA2", true},
    {"r3", "127.0.100.3", 2222, Transport::ssh, "ssh-ed25519", "AAAA3", false},
};

}  // namespace

TEST_CASE("each trusted router has its line, with its port unless that is 22") {
  const TemporaryFolder folder;
  const auto path = folder.path / "known_hosts";
  write_known_hosts(path, lab_endpoints);
  CHECK(content(path) == "[127.0.100.1]:2222 ssh-ed25519 AAAA1\n127.0.100.2 ssh-ed25519 AAAA2\n");
}

TEST_CASE("the file is replaced whole, is private, and leaves nothing beside it") {
  const TemporaryFolder folder;
  const auto path = folder.path / "known_hosts";
  std::ofstream(path) << std::string(1000, 'x');
  std::filesystem::permissions(path, std::filesystem::perms::all);
  write_known_hosts(path, {});
  CHECK(content(path) == "");
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("a file that cannot be written is named, and nothing is left behind") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(write_known_hosts(folder.path / "no" / "known_hosts", lab_endpoints),
                       doctest::Contains("no/known_hosts"), std::system_error);
  std::filesystem::create_directory(folder.path / "taken");
  CHECK_THROWS_AS(write_known_hosts(folder.path / "taken", lab_endpoints), std::system_error);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
}
