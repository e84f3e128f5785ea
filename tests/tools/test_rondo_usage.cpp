// What `rondo` does without devices: its command line, texts and templates, completion, the page.
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "rondo_program.h"

namespace {

using namespace rondo::tests;

const std::vector<std::string> commands = {"send",    "config",    "ping",
                                           "textfsm", "platforms", "completion"};

std::set<std::string> long_options(const std::string& text) {
  const std::regex option("--[a-z][a-z-]*");
  return {std::sregex_token_iterator(text.begin(), text.end(), option),
          std::sregex_token_iterator()};
}

std::set<std::string> options_of_all_helps() {
  const Desk desk;
  std::string text = desk.run({"--help"}).output;
  for (const std::string& command : commands)
    text += desk.run({command, "--help"}).output;
  return long_options(text);
}

}  // namespace

TEST_CASE("a wrong command line is told in one line, with exit status 2") {
  const Desk desk;
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{},
        {"dance"},
        {"send"},
        {"send", "-i", "x"},
        {"send", "-i", "x", "--limit", "0", "show clock"},
        {"send", "-i", "x", "--timeout", "soon", "show clock"},
        {"send", "-i", "x", "--csv", "show clock"},
        {"send", "-i", "x", "--json", "--csv", "--textfsm", "show clock"},
        {"config", "-i", "x", "--file", "y", "line"},
        {"textfsm", "x"},
        {"textfsm", "--platform", "cisco_ios", "x"},
        {"completion", "tcsh"}}) {
    const Ending ending = desk.run(arguments);
    CAPTURE(ending.output);
    CHECK(ending.exit_status() == 2);
    CHECK(ending.output.starts_with("rondo: "));
    CHECK(count(ending.output, "\n") == 1);
  }
}

TEST_CASE("the manual page names the commands and all their options, and no others") {
  const std::set<std::string> real = options_of_all_helps();
  std::string page = contents(std::filesystem::path(RONDO_SOURCE_DIR) / "tools" / "rondo.1");
  page = std::regex_replace(page, std::regex(R"(\\-)"), "-");
  CHECK(long_options(page) == real);
  for (const std::string& command : commands)
    CHECK(contains(page, "\n.B " + command + "\n"));
}

TEST_CASE("completion knows the commands and their options, and bash accepts it") {
  const Desk desk;
  for (const char* const shell : {"bash", "zsh", "fish"}) {
    const Ending ending = desk.run({"completion", shell});
    CHECK(ending.exit_status() == 0);
    for (const std::string& command : commands)
      CHECK(contains(ending.output, command));
    CHECK(contains(ending.output, "commit-comment"));
  }
  desk.write("completion", desk.run({"completion", "bash"}).output +
                               "COMP_WORDS=(rondo send --sa) COMP_CWORD=2\n_rondo\n"
                               "echo \"${COMPREPLY[@]}\"\n"
                               "COMP_WORDS=(rondo com) COMP_CWORD=1\n_rondo\n"
                               "echo \"${COMPREPLY[@]}\"\n");
  Program bash("/bin/bash", {"completion"}, desk.path("."));
  CHECK(bash.wait().output == "--save-log\ncompletion\n");
}

TEST_CASE("rondo textfsm parses by a template, and by what an index has for a command") {
  const Desk desk;
  desk.write("names.textfsm",
             "Value NAME (\\S+)\nValue List TAG (\\w+)\n\nStart\n"
             "  ^tag ${TAG}\n  ^name ${NAME} -> Record\n");
  desk.write("text", "tag a\ntag b\nname x,y\nname z\n");
  const Ending csv = desk.run({"textfsm", "names.textfsm", "text", "--csv"});
  CHECK(csv.output == "NAME,TAG\n\"x,y\",\"a, b\"\nz,\n");
  CHECK(csv.exit_status() == 0);
  CHECK(desk.run({"textfsm", "names.textfsm", "text"}).output ==
        "NAME  TAG\n----  ----\nx,y   a, b\nz\n");
  CHECK(desk.run({"textfsm", "names.textfsm", "text", "--json"}).output ==
        "[{\"NAME\":\"x,y\",\"TAG\":[\"a\",\"b\"]},{\"NAME\":\"z\",\"TAG\":[]}]\n");

  desk.write("hostile",
             "name \x1b]0;mine\x07\nname \xc2\x9b"
             "2J\n");
  const std::string harmless = "NAME,TAG\n\\x1b]0;mine\\x07,\n\\xc2\\x9b2J,\n";
  CHECK(desk.run({"textfsm", "names.textfsm", "hostile", "--csv"}).output == harmless);

  desk.write("brief",
             "Interface   IP-Address   OK? Method Status   Protocol\n"
             "Loopback0   10.1.1.1     YES NVRAM  up       up\n");
  const Ending indexed = desk.run(
      {"textfsm", "--platform", "cisco_iosxe", "--command", "sh ip int br", "brief", "--csv"});
  CHECK(contains(indexed.output, "Loopback0,10.1.1.1,up,up"));
  const Ending unknown =
      desk.run({"textfsm", "--platform", "cisco_iosxe", "--command", "dance", "brief"});
  CHECK(unknown.exit_status() == 2);
  CHECK(desk.run({"textfsm", "names.textfsm", "nowhere"}).exit_status() == 2);
}

TEST_CASE("rondo platforms lists what an inventory may name") {
  const Desk desk;
  const Ending ending = desk.run({"platforms", "--csv"});
  CHECK(ending.exit_status() == 0);
  CHECK(contains(ending.output, "\ncisco_iosxe,"));
  CHECK(contains(ending.output, "\njuniper_junos,"));
}
