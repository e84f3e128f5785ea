#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include <rondo/ssh.h>

#include "with_sshd.h"

// SFTP with OpenSSH's own server.

namespace rondo::ssh {

namespace {

using namespace std::chrono_literals;
using tests::on_connection;
using tests::options_for;
using tests::Sshd;
using tests::sshd_can_run;

constexpr const char* internal = "Subsystem sftp internal-sftp";

/// A directory that the user of the test server may write to.
class Playground {
 public:
  Playground() { tests::shell("chmod 777 " + path()); }
  std::string path() const { return directory_.path().string(); }
  std::string operator/(const std::string& name) const { return path() + "/" + name; }
  const tests::TemporaryDirectory& directory() const { return directory_; }

 private:
  tests::TemporaryDirectory directory_;
};

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// The SFTPError's code and text, or 999.
template <class T>
Coroutine<std::pair<unsigned long, std::string>> refusal(Coroutine<T> request) {
  try {
    co_await request;
  } catch (const SFTPError& error) {
    co_return std::pair(error.code(), std::string(error.what()));
  }
  co_return std::pair(999UL, std::string("nothing thrown"));
}

}  // namespace

TEST_CASE("files of every size are put and got byte for byte, and progress is told") {
  if (!sshd_can_run()) return;
  const Sshd sshd({internal});
  const Playground here;
  const Playground there;
  on_connection(options_for(sshd), [&](Connection connection) -> Coroutine<int> {
    const SFTPClient sftp = co_await connection.start_sftp_client();
    for (const std::size_t size :
         {0UL, 1UL, 29'999UL, 30'000UL, 262'144UL, 262'145UL, 5'000'000UL}) {
      const std::string bytes = tests::random_bytes(size);
      const std::string local = here.directory().write("local", bytes);
      std::uint64_t told = 0;
      std::uint64_t total = 0;
      SFTPCopyOptions options;
      options.block_size = 100'000;
      options.progress_handler = [&](const std::string& from, const std::string& to,
                                     std::uint64_t so_far, std::uint64_t in_all) {
        CHECK(from != to);
        CHECK(so_far > told);
        told = so_far;
        total = in_all;
      };
      co_await sftp.put(local, there / "remote", options);
      CHECK((contents(there / "remote") == bytes));
      CHECK(told == size);
      CHECK(total == size);
      told = 0;
      co_await sftp.get(there / "remote", here / "back", options);
      CHECK((contents(here / "back") == bytes));
      CHECK(told == size);
    }
    co_return 0;
  });
}

TEST_CASE("directories are made, listed as sftp lists them, and removed") {
  if (!sshd_can_run()) return;
  const Sshd sshd({internal});
  const Playground there;
  on_connection(options_for(sshd), [&](Connection connection) -> Coroutine<int> {
    const SFTPClient sftp = co_await connection.start_sftp_client();
    co_await sftp.mkdir(there / "a", 0750);
    std::vector<std::string> expected;
    for (int i = 0; i < 250; ++i) {
      expected.push_back("file " + std::to_string(i));
      tests::shell("touch '" + (there / "a/") + expected.back() + "'");
    }
    std::vector<std::string> names = co_await sftp.listdir(there / "a");
    std::ranges::sort(names);
    std::ranges::sort(expected);
    CHECK(names == expected);
    const std::vector<SFTPName> entries = co_await sftp.readdir(there.path());
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].filename == "a");
    CHECK(entries[0].longname.starts_with("drwxr-x---"));
    CHECK(entries[0].attrs.is_directory());
    const auto [code, text] = co_await refusal(sftp.rmdir(there / "a"));
    CHECK(code == 4);
    CHECK(text.find(there / "a") != std::string::npos);
    tests::shell("rm " + (there / "a/*"));
    co_await sftp.rmdir(there / "a");
    CHECK(!std::filesystem::exists(there / "a"));
    co_return 0;
  });
}

TEST_CASE("what is known of files is told and changed, links and names included") {
  if (!sshd_can_run()) return;
  const Sshd sshd({internal});
  const Playground there;
  on_connection(options_for(sshd), [&](Connection connection) -> Coroutine<int> {
    const SFTPClient sftp = co_await connection.start_sftp_client();
    const SFTPClientFile file = co_await sftp.open(there / "f", "w");
    co_await file.write("0123456789");
    co_await file.close();
    SFTPAttrs attrs = co_await sftp.stat(there / "f");
    CHECK(attrs.size == 10);
    CHECK(attrs.uid == 1077);
    CHECK(attrs.is_regular());
    CHECK(attrs.mtime.value_or(0) > 1'500'000'000);
    co_await sftp.chmod(there / "f", 0640);
    attrs = co_await sftp.stat(there / "f");
    CHECK((attrs.permissions.value_or(0) & 07777U) == 0640);
    co_await sftp.symlink(there / "f", there / "l");
    CHECK(std::filesystem::read_symlink(there / "l") == there / "f");
    std::string path = co_await sftp.readlink(there / "l");
    CHECK(path == there / "f");
    path = co_await sftp.realpath(there / "./l");
    CHECK(path == there / "f");
    attrs = co_await sftp.lstat(there / "l");
    CHECK(attrs.is_symlink());
    attrs = co_await sftp.stat(there / "l");
    CHECK(attrs.is_regular());
    co_await sftp.rename(there / "f", there / "g");
    bool is_there = co_await sftp.exists(there / "f");
    CHECK(!is_there);
    is_there = co_await sftp.exists(there / "g");
    CHECK(is_there);
    tests::shell("touch " + (there / "h"));
    const auto [code, text] = co_await refusal(sftp.rename(there / "h", there / "g"));
    CHECK(code == 4);
    co_await sftp.remove(there / "g");
    CHECK(!std::filesystem::exists(there / "g"));
    co_return 0;
  });
}

TEST_CASE("an open file is read and written at any place") {
  if (!sshd_can_run()) return;
  const Sshd sshd({internal});
  const Playground there;
  on_connection(options_for(sshd), [&](Connection connection) -> Coroutine<int> {
    const SFTPClient sftp = co_await connection.start_sftp_client();
    const SFTPClientFile file = co_await sftp.open(there / "f", "w+");
    co_await file.write("hello world");
    CHECK(file.tell() == 11);
    file.seek(6);
    co_await file.write("there");
    file.seek(0);
    std::string text = co_await file.read(5);
    CHECK(text == "hello");
    text = co_await file.read();
    CHECK(text == " there");
    text = co_await file.read();
    CHECK(text.empty());
    const SFTPAttrs attrs = co_await file.stat();
    CHECK(attrs.size == 11);
    co_await file.close();
    co_await file.close();
    CHECK_THROWS_AS(co_await file.read(), ValueError);
    const SFTPClientFile more = co_await sftp.open(there / "f", "a");
    co_await more.write("!");
    co_await more.close();
    CHECK(contents(there / "f") == "hello there!");
    CHECK_THROWS_AS(co_await sftp.open(there / "f", "q"), ValueError);
    const auto [code, why] = co_await refusal(sftp.open(there / "f", "x"));
    CHECK(code == 4);
    co_return 0;
  });
}

TEST_CASE("what the server refuses is an SFTPError with its code and the path") {
  if (!sshd_can_run()) return;
  const Sshd sshd({internal});
  const Playground there;
  on_connection(options_for(sshd), [&](Connection connection) -> Coroutine<int> {
    const SFTPClient sftp = co_await connection.start_sftp_client();
    std::vector<std::pair<unsigned long, std::string>> refusals;
    refusals.push_back(co_await refusal(sftp.stat("/no/such")));
    refusals.push_back(co_await refusal(sftp.open("/no/such")));
    refusals.push_back(co_await refusal(sftp.listdir("/no/such")));
    refusals.push_back(co_await refusal(sftp.remove("/no/such")));
    refusals.push_back(co_await refusal(sftp.get("/no/such", there / "x")));
    for (const auto& [code, text] : refusals) {
      CHECK(code == 2);
      CHECK_MESSAGE(text == "127.0.0.1:" + std::to_string(sshd.port()) +
                                ": SFTP: \"/no/such\": no such file or directory (2)",
                    text);
    }
    const auto [denied, why] = co_await refusal(sftp.open("/etc/shadow"));
    CHECK(denied == 3);
    CHECK_THROWS_AS(co_await sftp.put("/no/such", there / "x"), FileNotFoundError);
    // The session is as good as before.
    const bool there_is = co_await sftp.exists(there.path());
    CHECK(there_is);
    co_return 0;
  });
}

TEST_CASE("a server without SFTP is a ChannelOpenError") {
  if (!sshd_can_run()) return;
  const Sshd sshd;
  on_connection(options_for(sshd), [](Connection connection) -> Coroutine<int> {
    CHECK_THROWS_AS(co_await connection.start_sftp_client(), ChannelOpenError);
    const CompletedProcess done = co_await connection.run("echo on");
    CHECK(done.stdout_() == "on\n");
    co_return 0;
  });
}

TEST_CASE("cancelled SFTP requests leave the client in order, and cancelled reads lose nothing") {
  if (!sshd_can_run()) return;
  const Sshd sshd({internal});
  const Playground there;
  const std::string bytes = tests::random_bytes(2'000'000);
  there.directory().write("f", bytes);
  on_connection(options_for(sshd), [&](Connection connection) -> Coroutine<int> {
    for (int i = 0; i < 30; ++i) {
      auto task = create_task(connection.start_sftp_client());
      for (int turn = i % 10; turn > 0; --turn)
        co_await sleep(300us);
      task.cancel();
      co_await gather(return_exceptions, task);
    }
    const SFTPClient sftp = co_await connection.start_sftp_client();
    const SFTPClientFile file = co_await sftp.open(there / "f");
    std::string all;
    int cancelled = 0;
    for (int i = 0; all.size() < bytes.size(); ++i) {
      auto task = create_task(file.read(30'000));
      for (int turn = i % 7; turn > 0; --turn)
        co_await sleep(i % 2 == 0 ? Duration(100us) : Duration::zero());
      if (i % 3 != 0) task.cancel();
      const auto outcome = co_await gather(return_exceptions, task);
      const auto& text = std::get<0>(outcome);
      if (text) {
        all += *text;
      } else {
        ++cancelled;
      }
    }
    CHECK((all == bytes));
    CHECK(cancelled > 0);
    co_return 0;
  });
}

TEST_CASE("several tasks share one SFTP client, beside a command and new keys") {
  if (!sshd_can_run()) return;
  const Sshd sshd({internal, "RekeyLimit 1M"});
  const Playground there;
  const Playground here;
  std::vector<std::string> files;
  for (unsigned i = 0; i < 5; ++i) {
    files.push_back(tests::random_bytes(1'000'000 + i, i));
    there.directory().write("f" + std::to_string(i), files.back());
  }
  on_connection(options_for(sshd), [&](Connection connection) -> Coroutine<int> {
    const SFTPClient sftp = co_await connection.start_sftp_client();
    std::vector<Coroutine<void>> copies;
    for (int i = 0; i < 5; ++i) {
      const std::string name = "f" + std::to_string(i);
      copies.push_back(sftp.get(there / name, here / name));
    }
    auto copying = create_task(
        [](std::vector<Coroutine<void>> all) -> Coroutine<void> {
          co_await gather(std::move(all));
        },
        std::move(copies));
    const CompletedProcess done = co_await connection.run("head -c 3000000 /dev/zero");
    CHECK(done.stdout_().size() == 3'000'000);
    co_await copying;
    for (std::size_t i = 0; i < 5; ++i)
      CHECK((contents(here / ("f" + std::to_string(i))) == files[i]));
    co_return 0;
  });
}

}  // namespace rondo::ssh
