// Inventories: what they say, what is wrong with them, and where their secrets come from.
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <rondo/devices/inventory.h>

#include "../ssh/sshd.h"

namespace {

using namespace rondo::devices;
using rondo::tests::TemporaryDirectory;

const std::string grouped =
    "defaults:\n"
    "  username: rob\n"
    "  platform: cisco_iosxe\n"
    "  timeout_ops: 7.5\n"
    "  data: {country: norway}\n"
    "groups:\n"
    "  core: {platform: cisco_iosxr, port: 2222, data: {site: oslo, country: sweden}}\n"
    "  old: {transport: telnet, groups: [core], port: 2323}\n"
    "  spare:\n"
    "devices:\n"
    "  - {name: p1, host: 192.0.2.1, groups: [core], username: eve}\n"
    "  - {name: p2, host: 192.0.2.2, groups: [old, spare]}\n"
    "  - host: 192.0.2.3\n";

Inventory parsed(const std::string& text) {
  return Inventory::parse(text, "dir/devices.yaml");
}

/// What is wrong with a text; empty: nothing.
std::string complaint(const std::string& text) {
  try {
    parsed(text);
    return {};
  } catch (const InventoryError& error) {
    return error.what();
  }
}

std::string names(const Inventory& inventory) {
  std::string all;
  for (const InventoryDevice& device : inventory.devices())
    all += (all.empty() ? "" : " ") + device.name;
  return all;
}

std::string password(const InventoryDevice& device) {
  return std::string(device.options.auth_password.reveal());
}

}  // namespace

TEST_CASE("an inventory may be a list of devices, with scrapli's keys or the short ones") {
  auto inventory = parsed(
      "- host: 192.0.2.1\n"
      "  platform: cisco_ios\n"
      "  auth_username: rob\n"
      "  auth_password: 1234\n"
      "  auth_strict_key: false\n"
      "- {host: r2, name: edge, platform: arista_eos, username: eve, password: 'text:env:x',\n"
      "   secret: '', known_hosts: /dev/null, legacy: yes, timeout_socket: 0}\n");
  inventory.prepare();
  const auto& devices = inventory.devices();
  REQUIRE(devices.size() == 2);
  CHECK(devices[0].name == "192.0.2.1");
  CHECK(devices[0].where == "dir/devices.yaml:1");
  CHECK(devices[0].options.auth_username == "rob");
  CHECK(password(devices[0]) == "1234");
  CHECK_FALSE(devices[0].options.auth_strict_key);
  CHECK(devices[1].name == "edge");
  CHECK(devices[1].where == "dir/devices.yaml:6");
  CHECK(password(devices[1]) == "env:x");
  CHECK(devices[1].options.auth_secondary.empty());
  CHECK(devices[1].options.ssh_known_hosts_file == "/dev/null");
  CHECK(devices[1].options.ssh_options.legacy);
  CHECK(devices[1].options.timeout_socket == rondo::Duration::zero());
}

TEST_CASE("a device says most, then its groups in order and their groups, then the defaults") {
  const auto inventory = parsed(grouped);
  const auto& devices = inventory.devices();
  REQUIRE(devices.size() == 3);
  CHECK(devices[0].options.auth_username == "eve");
  CHECK(devices[0].options.platform == "cisco_iosxr");
  CHECK(devices[0].options.port == 2222);
  CHECK(devices[0].data.at("country") == "sweden");
  CHECK(devices[1].options.auth_username == "rob");
  CHECK(devices[1].options.transport == "telnet");
  CHECK(devices[1].options.port == 2323);
  CHECK(devices[1].data.at("site") == "oslo");
  CHECK(devices[1].groups == std::vector<std::string>{"old", "core", "spare"});
  CHECK(devices[2].options.platform == "cisco_iosxe");
  CHECK(devices[2].options.timeout_ops == std::chrono::milliseconds(7500));
  CHECK(devices[2].data.at("country") == "norway");
}

TEST_CASE("groups that name each other in a circle end somewhere") {
  const auto inventory = parsed(
      "groups: {a: {groups: [b]}, b: {groups: [a], platform: huawei}}\n"
      "devices: [{host: x, groups: a}]\n");
  CHECK(inventory.devices()[0].options.platform == "huawei");
}

TEST_CASE("[fault 76] a mistake in an inventory is told with file, line and what would be right") {
  struct Case {
    const char* text;
    const char* message;  // behind the file
  };
  const std::vector<Case> cases = {
      {"", ":1: there is no device"},
      {"[]", ":1: there is no device"},
      {"hello", ":1: a list of devices is expected"},
      {"- host: [\n", ":2: no YAML: "},
      {"- just words\n", ":1: a device must be a mapping"},
      {"- platform: huawei\n", ":1: a device needs a 'host'"},
      {"- {host: x}\n", ":1: 'x' has no 'platform'"},
      {"- host: x\n  platfrom: huawei\n",
       ":2: a device has no key 'platfrom'; is 'platform' meant?"},
      {"- host: x\n  platform: cisco_iox\n", ":2: there is no platform 'cisco_iox'; is "},
      {"- host: x\n  platform: nowhere.yaml\n",
       ":2: the platform cannot be used: dir/nowhere.yaml"},
      {"- host: x\n  port: 70000\n", ":2: 'port' must be a number from 1 to 65535"},
      {"- host: x\n  transport: carrier pigeon\n", ":2: 'transport' must be ssh or telnet"},
      {"- host: x\n  strict_key: maybe\n", ":2: 'auth_strict_key' must be true or false"},
      {"- host: x\n  timeout_ops: -1\n", ":2: 'timeout_ops' must be a number of seconds"},
      {"- host: x\n  password:\n", ":2: 'auth_password' has no value"},
      {"- host: x\n  password: [a]\n", ":2: 'auth_password' must be a text of one line"},
      {"- host: x\n  password: 'env:'\n", ":2: 'auth_password' must be env:NAME"},
      {"- host: x\n  port: 22\n  port: 23\n", ":3: a device has 'port' twice"},
      {"- host: x\n  password: a\n  auth_password: b\n", ":3: a device has 'auth_password' twice"},
      {"- host: x\n  comms_prompt_pattern: '('\n", ":2: 'comms_prompt_pattern' must be a regular"},
      {"- host: x\n  data: 1\n", ":2: 'data' must be a mapping"},
      {"- host: x\n  groups: {}\n", ":2: 'groups' must be a list"},
      {"- {host: x y}\n", ":1: names and hosts have no blanks"},
      {"- {host: x, name: ../x}\n", ":1: names and hosts have no blanks"},
      {"- {host: x, platform: huawei}\n\n- {host: x, platform: huawei}\n",
       ":3: the same host and port as in dir/devices.yaml:1"},
      {"- {host: x, platform: huawei}\n- {host: x, port: 23, platform: huawei}\n",
       ":2: a device 'x' is in dir/devices.yaml:1 already; give each a 'name'"},
      {"devices: [{host: x, platform: huawei, groups: [cor]}]\ngroups: {core: {}}\n",
       ":1: there is no group 'cor'; is 'core' meant?"},
      {"groups: {core: {host: x}}\n", ":1: the group 'core' has no key 'host'"},
      {"devises: []\n", ":1: the parts of an inventory are defaults, groups and devices; is 'dev"},
      {"devices: {host: x}\n", ":1: 'devices' must be a list"},
      {"defaults: 7\ndevices: [{host: x, platform: huawei}]\n", ":1: defaults must be a mapping"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.text);
    const std::string told = complaint(one.text);
    CAPTURE(told);
    CHECK(told.find(std::string("dir/devices.yaml") + one.message) != std::string::npos);
  }
  CHECK_THROWS_AS(Inventory::load("/nowhere/devices.yaml"), InventoryError);
}

TEST_CASE("all mistakes of an inventory are told at once, and none repeats a secret") {
  const std::string told = complaint(
      "- host: x\n"
      "  port: hunter2\n"
      "  Hunter2!: y\n"
      "  timeout_ops: hunter2\n"
      "  auth_bypass: hunter2\n"
      "- host: y\n"
      "  plattform: huawei\n");
  CHECK(told.find(":2: ") != std::string::npos);
  CHECK(told.find(":4: ") != std::string::npos);
  CHECK(told.find(":7: ") != std::string::npos);
  CHECK(told.find("unter2") == std::string::npos);
  CHECK(complaint("- password: *hunter2\n").find("hunter2") == std::string::npos);
}

TEST_CASE("[fault 65] YAML that explodes is refused at once") {
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    bomb += name + ": &" + name + " [" + last + ", " + last + "]\n";
  }
  CHECK(complaint(bomb + "devices: *a39\n").find(":1: the parts of an inventory are") !=
        std::string::npos);
  CHECK(complaint("devices: " + std::string(100'000, '[')).find("no YAML: ") != std::string::npos);
}

TEST_CASE("filters choose devices by name, host, group, platform and data") {
  struct Case {
    std::vector<std::string> expressions;
    const char* names;  // of the devices that are left
  };
  const std::vector<Case> cases = {
      {{}, "p1 p2 192.0.2.3"},
      {{"p1"}, "p1"},
      {{"p?"}, "p1 p2"},
      {{"192.0.2.[23]"}, "p2 192.0.2.3"},
      {{"core"}, "p1 p2"},
      {{"core", "transport=ssh"}, "p1"},
      {{"p1,host=192.0.2.3"}, "p1 192.0.2.3"},
      {{"platform=cisco_ios"}, "192.0.2.3"},
      {{"group!=old"}, "p1 192.0.2.3"},
      {{"country=s*"}, "p1 p2"},
      {{"site!=oslo"}, "192.0.2.3"},
      {{"port=22"}, "192.0.2.3"},
  };
  for (const Case& one : cases) {
    auto inventory = parsed(grouped);
    inventory.filter(one.expressions);
    CHECK(names(inventory) == one.names);
  }
  auto inventory = parsed(grouped);
  CHECK_THROWS_WITH_AS(inventory.filter({"sites=oslo"}), doctest::Contains("is 'site' meant?"),
                       InventoryError);
  CHECK_THROWS_WITH_AS(inventory.filter({"p1", "p2"}),
                       doctest::Contains("the filter 'p1 p2' leaves no device"), InventoryError);
  CHECK(inventory.devices().size() == 3);
}

TEST_CASE("secrets come from the environment, a file, and a prompt that asks once") {
  const TemporaryDirectory here;
  std::ofstream(here.path() / "word") << "from a file\r\nand no more\n";
  ::chmod((here.path() / "word").c_str(), 0600);
  ::setenv("RONDO_TEST_SECRET", "from outside", 1);
  ::unsetenv("RONDO_TEST_NOTHING");
  const std::string list =
      "defaults: {platform: huawei}\n"
      "devices:\n"
      "  - {host: a, password: 'env:RONDO_TEST_SECRET', secret: 'file:word'}\n"
      "  - {host: b, password: prompt, secret: prompt}\n"
      "  - {host: c, password: prompt, passphrase: 'prompt:Key'}\n";
  const std::string path = here.path() / "devices.yaml";
  std::ofstream(path) << list;
  std::vector<std::string> questions;
  const AskSecret ask = [&questions](const std::string& question) {
    questions.push_back(question);
    return rondo::ssh::Secret("answer " + std::to_string(questions.size()));
  };
  auto inventory = Inventory::load(path);
  inventory.prepare(ask);
  CHECK(questions == std::vector<std::string>{"Password", "Enable secret", "Key"});
  const auto& devices = inventory.devices();
  CHECK(password(devices[0]) == "from outside");
  CHECK(devices[0].options.auth_secondary.reveal() == "from a file");
  CHECK(password(devices[1]) == "answer 1");
  CHECK(password(devices[2]) == "answer 1");
  CHECK(devices[1].options.auth_secondary.reveal() == "answer 2");
  CHECK(inventory.warnings().empty());

  std::ofstream(path) << list
                      << "  - {host: d, password: 'env:RONDO_TEST_NOTHING', secret: 'file:gone',\n"
                         "     private_key: gone}\n";
  auto lacking = Inventory::load(path);
  questions.clear();
  try {
    lacking.prepare(ask);
    FAIL("nothing is missing");
  } catch (const InventoryError& error) {
    const std::string told = error.what();
    CHECK(told.find(path + ":6: 'auth_password' is in the environment variable "
                           "RONDO_TEST_NOTHING, which is not set") != std::string::npos);
    CHECK(told.find("/gone, which cannot be read or is empty") != std::string::npos);
    CHECK(told.find("'auth_private_key' names ") != std::string::npos);
  }
  CHECK(questions.empty());
  lacking.filter({"b"});
  lacking.prepare(ask);  // what the others lack does not matter
  CHECK(questions.size() == 2);
}

TEST_CASE("passwords in a file that everybody can read earn a warning") {
  const TemporaryDirectory here;
  const std::string path = here.path() / "devices.yaml";
  const auto warnings = [&path](const std::string& text, mode_t mode) {
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return Inventory::load(path).warnings();
  };
  const std::string open = "- {host: x, platform: huawei, password: hunter2}\n";
  REQUIRE(warnings(open, 0644).size() == 1);
  CHECK(warnings(open, 0644)[0].find("chmod o-r") != std::string::npos);
  CHECK(warnings(open, 0644)[0].find("hunter2") == std::string::npos);
  CHECK(warnings(open, 0640).empty());
  CHECK(warnings("- {host: x, platform: huawei, password: prompt}\n", 0644).empty());
}
