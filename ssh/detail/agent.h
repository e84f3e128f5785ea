#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/stream_writer.h>

// A client of ssh-agent, which holds private keys and signs with them (draft-miller-ssh-agent).
// libssh2 has one too, but it waits for its answers with the loop standing still.

namespace rondo::ssh::detail {

/// A key that the agent has.
class AgentKey {
 public:
  std::string blob;     // the public key, as it goes over the wire
  std::string comment;  // often the file it came from
};

class Agent {
 public:
  /// Connects to the agent's socket. Throws OSError, which names the path.
  static Coroutine<Agent> connect(std::string path);

  /// The keys that libssh2 can use. Throws Error for an answer that makes no sense.
  Coroutine<std::vector<AgentKey>> keys() const;
  /// The signature of `data` without the name of its algorithm; empty when the agent refuses.
  Coroutine<std::string> sign(std::string key_blob, std::string data) const;
  void close() const { writer_.close(); }

 private:
  Agent(std::string path, StreamReader reader, StreamWriter writer)
      : path_(std::move(path)), reader_(std::move(reader)), writer_(std::move(writer)) {}
  /// Sends a request and yields the answer.
  Coroutine<std::string> ask(std::string request) const;

  std::string path_;
  StreamReader reader_;
  StreamWriter writer_;
};

}  // namespace rondo::ssh::detail
