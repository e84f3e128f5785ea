// The SSH client under libFuzzer: whatever a server says, before the login and after it, every
// attempt ends in a typed error or a result, soon, and leaves nothing behind.
//
//   clang++-19 -std=c++20 -O1 -g1 -Iinclude -fsanitize=fuzzer,undefined -pthread
//     tests/fuzz/fuzz_ssh.cpp tests/ssh/tiny_server.cpp $(find ssh -name '*.cpp')
//     build/clang-test/net/librondo-net.a build/clang-test/runtime/librondo-runtime.a
//     $(pkg-config --libs libssh2 libcrypto libssl liburing libcares) -o build/fuzz_ssh
//   build/fuzz_ssh -max_total_time=60 -max_len=600 -len_control=0
//
// With `address` beside `undefined`, take the two libraries of build/clang-asan, which `./dev check
// clang-asan` makes, and run it with ASAN_OPTIONS=detect_leaks=0: libssh2 1.10 forgets memory of
// libcrypto's when a handshake fails.
//
// The first byte chooses between raw bytes instead of a server's, from its greeting on or after it,
// and packets that are encrypted as they should be: then each packet of the client's is answered
// politely, or by the next packet of the input, or by both.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <rondo/ssh.h>

#include "../ssh/tiny_server.h"

namespace {

using namespace rondo;
using namespace std::chrono_literals;
using rondo::tests::TinyServer;

void must(bool holds) {
  if (!holds) std::abort();
}

/// What is left of the input.
std::string_view input;

unsigned char take_byte() {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return byte;
}

std::string take_payload() {
  const std::string_view payload = input.substr(0, take_byte());
  input.remove_prefix(payload.size());
  return std::string(payload);
}

TinyServer::Payloads answer(std::string_view payload) {
  const unsigned char how = take_byte();
  TinyServer::Payloads answers;
  if ((how & 1) != 0) answers.push_back(take_payload());
  if ((how & 2) != 0) answers.push_back(take_payload());
  if ((how & 4) != 0) return answers;
  for (const std::string& polite : rondo::tests::polite_answers(payload))
    answers.push_back(polite);
  if ((how & 8) != 0) answers.push_back(take_payload());
  return answers;
}

/// What comes next, or nothing when the client waits for us.
Coroutine<std::string> read_soon(StreamReader reader) {
  constexpr int patience = 100;  // turns; the client is on the same loop
  for (int turn = 0; turn < patience && reader.buffered() == 0 && !reader.at_eof(); ++turn)
    co_await sleep(0s);
  if (reader.buffered() == 0) co_return std::string();
  co_return co_await reader.read(64 * 1024);
}

Coroutine<void> speak_ssh(StreamReader reader, StreamWriter writer) {
  TinyServer server(answer);
  writer.write(server.greeting());
  for (;;) {
    const std::string bytes = co_await read_soon(reader);
    if (bytes.empty()) break;
    try {
      writer.write(server.receive(bytes));
    } catch (const std::runtime_error&) {
      break;  // after nonsense of ours the client may talk nonsense too
    }
  }
}

Coroutine<void> speak_nonsense(StreamReader reader, StreamWriter writer, unsigned char how) {
  if ((how & 2) != 0) writer.write(TinyServer(answer).greeting());
  const std::size_t piece = 1 + take_byte();
  while (!input.empty()) {
    writer.write(input.substr(0, piece));
    input.remove_prefix(std::min(piece, input.size()));
    co_await sleep(0s);
  }
  co_await read_soon(reader);
}

Coroutine<void> serve(StreamReader reader, StreamWriter writer) {
  const unsigned char how = take_byte();
  if ((how & 1) != 0) {
    co_await speak_ssh(reader, writer);
  } else {
    co_await speak_nonsense(reader, writer, how);
  }
  writer.close();
}

/// Does what a client does, as far as it gets.
Coroutine<void> use(ssh::Connection connection) {
  ssh::ProcessOptions options;
  options.term_type = "dumb";
  options.env["LANG"] = "C";
  co_await connection.run("a command", options);
  const ssh::Listener listener =
      co_await connection.forward_remote_port("127.0.0.1", 0, "127.0.0.1", 1);
  const ssh::SFTPClient sftp = co_await connection.start_sftp_client();
  co_await sftp.listdir("/");
}

Coroutine<void> connect_and_use(std::uint16_t port) {
  ssh::Options options;
  options.port = port;
  options.username = "somebody";
  options.password = "something";
  options.host_key_policy = ssh::HostKeyPolicy::insecure;
  options.auth_banner_received = [](std::string_view text) { must(text.size() < 100'000); };
  try {
    const ssh::Connection connection = co_await ssh::connect("127.0.0.1", options);
    co_await use(connection);
  } catch (const ssh::Error&) {
    // As it should be.
  } catch (const OSError&) {
    // The connection was reset.
  }
}

/// One loop and one server for all inputs.
class Stage {
 public:
  Stage() {
    server_ = runner_.run(start_server(serve, "127.0.0.1", 0));
    port_ = server_->sockets()[0].port();
  }
  void play() { runner_.run(play_once(*server_, port_)); }

 private:
  static Coroutine<void> play_once(Server server, std::uint16_t port) {
    co_await wait_for(connect_and_use(port), 20s);
    server.abort_clients();
    // What is closing is closed within a few turns; then there is as much as after the first input.
    for (int turn = 0; turn < 20 || (frames_ != 0 && detail::live_frames != frames_); ++turn) {
      must(turn < 10'000);
      co_await sleep(0s);
    }
    frames_ = detail::live_frames;
  }

  static inline std::size_t frames_ = 0;  // of coroutines; 0: not known yet

  Runner runner_;
  std::optional<Server> server_;
  std::uint16_t port_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Stage stage;
  input = {reinterpret_cast<const char*>(data), size};
  stage.play();
  return 0;
}
