// TelnetCodec under libFuzzer: what holds for whatever a peer sends.
//
//   clang++-19 -std=c++20 -O1 -g -Iinclude -fsanitize=fuzzer,address,undefined
//     tests/fuzz/fuzz_telnet.cpp net/telnet_codec.cpp -o build/fuzz_telnet
//   build/fuzz_telnet -max_total_time=20
//
// The first byte chooses the role and the options, the second where the rest is cut.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/net/telnet_codec.h>

namespace {

using namespace rondo;

void must(bool holds) {
  if (!holds) std::abort();
}

/// What came of the bytes, in pieces of this size; true in `failed` after an error.
TelnetInput take(TelnetCodec& codec, std::string_view bytes, std::size_t piece, bool& failed) {
  TelnetInput input;
  try {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
      codec.receive(bytes.substr(0, piece), input);
  } catch (const TelnetError&) {
    failed = true;
  }
  return input;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto role = (data[0] & 1) != 0 ? TelnetCodec::Role::server : TelnetCodec::Role::client;
  TelnetOptions options;
  options.binary = (data[0] & 2) != 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);

  TelnetCodec whole(role, options);
  TelnetCodec cut(role, options);
  must(whole.greeting() == cut.greeting());
  bool whole_failed = false;
  bool cut_failed = false;
  const TelnetInput expected = take(whole, bytes, bytes.size() + 1, whole_failed);
  const TelnetInput input = take(cut, bytes, 1 + data[1] % 64, cut_failed);

  // Where it is cut makes no difference.
  must(whole_failed == cut_failed);
  must(input.data == expected.data);
  must(input.replies == expected.replies);
  must(input.commands == expected.commands);
  must(input.data.size() <= bytes.size());

  // A codec that hears our replies, and whose replies we hear, has soon nothing more to say.
  if (!whole_failed) {
    const auto other =
        role == TelnetCodec::Role::server ? TelnetCodec::Role::client : TelnetCodec::Role::server;
    TelnetCodec peer(other, options);
    std::string to_peer = expected.replies;
    for (int rounds = 0; !to_peer.empty(); ++rounds) {
      must(rounds < 20);
      bool failed = false;
      const TelnetInput heard = take(peer, to_peer, to_peer.size(), failed);
      if (failed) break;
      to_peer = take(whole, heard.replies, heard.replies.size() + 1, failed).replies;
      if (failed) break;
    }
  }

  // What one sends the other receives, but for NUL and the ends of lines, which text changes.
  std::string plain;
  for (const char c : bytes)
    if (c != '\0' && c != '\r' && c != '\n') plain += c;
  const TelnetCodec sender(TelnetCodec::Role::client);
  TelnetCodec receiver(TelnetCodec::Role::server);
  std::string sent;
  sender.send(plain, sent);
  bool failed = false;
  must(take(receiver, sent, 1 + data[1] % 7, failed).data == plain && !failed);
  return 0;
}
