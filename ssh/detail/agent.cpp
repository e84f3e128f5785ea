#include <algorithm>
#include <array>
#include <cstdint>

#include <rondo/net/open_unix_connection.h>
#include <rondo/ssh/detail/agent.h>
#include <rondo/ssh/detail/scanner.h>
#include <rondo/ssh/errors.h>
#include <rondo/ssh/known_hosts.h>

namespace rondo::ssh::detail {

namespace {

constexpr char request_identities = 11;
constexpr unsigned char identities_answer = 12;
constexpr char sign_request = 13;
constexpr unsigned char sign_response = 14;
constexpr std::uint32_t largest_answer = 256 * 1024;  // bytes, as ssh-agent's own bound

// Not certificates nor keys on a token: of those libssh2 would sign under the wrong name.
constexpr std::array<std::string_view, 5> usable_types = {
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"};

}  // namespace

Coroutine<Agent> Agent::connect(std::string path) {
  auto [reader, writer] = co_await open_unix_connection(path);
  co_return Agent(path, reader, writer);
}

Coroutine<std::string> Agent::ask(std::string request) const {
  const std::string sent = wire_string(request);
  writer_.write(sent);
  const std::string size = co_await reader_.readexactly(4);
  const std::uint32_t length = Scanner(size).number();
  if (length > largest_answer) throw Error(path_ + ": the agent's answer is too long");
  co_return co_await reader_.readexactly(length);
}

Coroutine<std::vector<AgentKey>> Agent::keys() const {
  const std::string answer = co_await ask(std::string(1, request_identities));
  Scanner scanner(answer);
  const bool is_list = scanner.byte() == identities_answer;
  std::vector<AgentKey> keys;
  for (std::uint32_t left = scanner.number(); left > 0 && !scanner.bad(); --left) {
    AgentKey key;
    key.blob = scanner.string();
    key.comment = scanner.string();
    if (std::ranges::find(usable_types, key_type_of(key.blob)) != usable_types.end())
      keys.push_back(std::move(key));
  }
  if (!is_list || scanner.bad()) throw Error(path_ + ": the agent's answer makes no sense");
  co_return keys;
}

Coroutine<std::string> Agent::sign(std::string key_blob, std::string data) const {
  const std::string request =
      std::string(1, sign_request) + wire_string(key_blob) + wire_string(data) + wire_number(0);
  const std::string answer = co_await ask(request);
  Scanner scanner(answer);
  if (scanner.byte() != sign_response) co_return std::string();
  Scanner signature(scanner.string());
  signature.string();  // the algorithm
  co_return std::string(signature.string());
}

}  // namespace rondo::ssh::detail
