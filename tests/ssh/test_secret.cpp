#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <rondo/runtime/file_descriptor.h>
#include <rondo/ssh/secret.h>

#include "../runtime/captured_stderr.h"
#include "login_outcome.h"

namespace rondo::ssh {

namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(!Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_constructible_v<std::string, Secret>);

// The canary, backwards: forwards it is whole nowhere but in a Secret, so that a search of this
// program's memory for it does not find the searcher.
constexpr std::string_view backwards = "terces-7y-1347-yranac";

Secret make_canary() {
  // An allocator writes its own into the first bytes of memory that it gets back.
  std::string text(48, 'x');
  text.append(backwards.rbegin(), backwards.rend());
  return Secret(std::move(text));
}

bool holds_canary(std::string_view bytes) {
  const char first = backwards.back();
  for (auto at = bytes.find(first); at < bytes.size(); at = bytes.find(first, at + 1)) {
    const std::string_view here = bytes.substr(at, backwards.size());
    if (std::equal(here.begin(), here.end(), backwards.rbegin(), backwards.rend())) return true;
  }
  return false;
}

/// Is the canary anywhere in memory that this process can write to?
bool memory_holds_canary() {
  constexpr std::size_t largest_mapping = 1024 * 1024 * 1024;  // bytes; a sanitizer has larger ones
  std::ifstream maps("/proc/self/maps");
  const FileDescriptor memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  std::string chunk(1024 * 1024, '\0');
  bool found = false;
  for (std::string line; !found && std::getline(maps, line);) {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::array<char, 5> permissions{};
    if (std::sscanf(line.c_str(), "%zx-%zx %4s", &begin, &end, permissions.data()) != 3) continue;
    if (permissions[1] != 'w' || end - begin > largest_mapping) continue;
    while (!found && begin < end) {
      const ssize_t count = ::pread(memory.get(), chunk.data(), std::min(chunk.size(), end - begin),
                                    static_cast<off_t>(begin));
      if (count <= 0) break;
      const auto read = static_cast<std::size_t>(count);
      found = holds_canary(std::string_view(chunk).substr(0, read));
      // What lies across two chunks is in neither.
      begin += read < chunk.size() ? read : read - backwards.size();
    }
  }
  explicit_bzero(chunk.data(), chunk.size());  // or the next search would find this one's copy
  return found;
}

/// What is in a file of /proc, whose parts are separated by zeros.
std::string read_all(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// The files of /proc that tell of this process and its threads; not its memory itself.
std::vector<std::string> what_proc_tells() {
  std::vector<std::string> files;
  for (const char* folder : {"/proc/self", "/proc/thread-self"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename();
      if (entry.is_regular_file() && name != "mem" && name != "pagemap" && name != "clear_refs")
        files.push_back(entry.path());
    }
  }
  return files;
}

/// Logs in while each task says what it is, and yields what they and the login said.
Coroutine<std::string> log_in_watched(Options options) {
  const auto log_in = [](Options with) -> Coroutine<std::string> {
    try {
      co_await connect("127.0.0.1", with);
    } catch (const std::exception& error) {
      co_return error.what();
    }
    co_return "connected";
  };
  auto login = create_task(log_in(std::move(options)));
  std::string said;
  while (!login.done()) {
    for (const AnyTask& task : all_tasks())
      said += task.get_name() + " ";
    co_await sleep(std::chrono::milliseconds(1));
  }
  co_return said + login.result();
}

}  // namespace

TEST_CASE("a secret is made from any text, and is only revealed by that word") {
  const std::string text = "horse";
  CHECK(Secret().empty());
  CHECK(Secret().reveal().empty());
  CHECK(Secret("horse").reveal() == "horse");
  CHECK(Secret(text).reveal() == "horse");
  CHECK(Secret(std::string_view("a\0b", 3)).reveal().size() == 3);
  CHECK(Secret(text).reveal().data()[5] == '\0');
  Secret secret;
  secret = "first";
  secret = text;
  CHECK(secret.reveal() == "horse");
}

TEST_CASE("a copy of a secret lives by itself, and a secret moved from is empty") {
  Secret first = "horse";
  Secret copy = first;
  const Secret moved = std::move(first);
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that is the question
  copy = Secret("battery");
  CHECK(moved.reveal() == "horse");
  CHECK(copy.reveal() == "battery");
}

TEST_CASE("a secret made of a string that is not needed any more wipes it") {
  std::string text = "a password longer than what fits into the string itself";
  const char* const bytes = text.data();
  const Secret secret(std::move(text));
  CHECK(secret.reveal().starts_with("a password"));
  CHECK(bytes[0] == '\0');  // the string is empty, and still has its memory
  CHECK(bytes[10] == '\0');
}

TEST_CASE(
    "a password that was refused is in no text, and nowhere in memory afterwards [fault 72]") {
  if (!tests::sshd_can_run("the search for a password")) return;
  const tests::Sshd sshd;
  {
    const Secret canary = make_canary();
    CHECK(memory_holds_canary());  // a search does find one that is there
  }
  CHECK(!memory_holds_canary());

  Options options = tests::options_for(sshd);
  options.password = make_canary();
  const std::string refused = tests::login_outcome(options);
  CHECK(tests::contains(refused, "PermissionDenied"));
  options.port = 1;
  const std::string unreachable = tests::login_outcome(options);
  options.port = sshd.port();
  options.kex_algs = "nothing";
  const std::string mistaken = tests::login_outcome(std::move(options));
  for (const std::string& text : {refused, unreachable, mistaken})
    CHECK_MESSAGE(!holds_canary(text), text);
  for (const std::string& file : what_proc_tells())
    CHECK_MESSAGE(!holds_canary(read_all(file)), file);
  options = Options();
  CHECK(!memory_holds_canary());
}

TEST_CASE("debug mode, tasks and errors of every stage of a login tell no password [fault 72]") {
  if (!tests::sshd_can_run("the search for a password in messages")) return;
  const tests::Sshd sshd;
  const std::string key = sshd.directory().path().string() + "/key";
  tests::shell("ssh-keygen -q -t ed25519 -a 1 -N 'another one' -f " + key);
  Options wrong_passphrase = tests::options_for(sshd);
  wrong_passphrase.password = Secret();
  wrong_passphrase.client_keys = {key};
  wrong_passphrase.passphrase = make_canary();
  Options wrong_password = tests::options_for(sshd);
  wrong_password.password = make_canary();
  Options too_late = wrong_password;
  too_late.login_timeout = std::chrono::milliseconds(1);
  Options unknown_host = wrong_password;
  unknown_host.known_hosts = sshd.directory().write("empty", "");
  for (const Options& options : {wrong_passphrase, wrong_password, too_late, unknown_host}) {
    LoopOptions loop_options;
    loop_options.debug = true;
    std::string said;
    {
      const testing::CapturedStderr captured;
      Runner runner(loop_options);
      runner.get_loop().slow_callback_duration = Duration::zero();
      said = runner.run(log_in_watched(options));
      said += captured.text();
    }
    CHECK(tests::contains(said, "took"));
    CHECK_MESSAGE(!holds_canary(said), said);
  }
}

}  // namespace rondo::ssh
