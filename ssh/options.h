#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/runtime/clock.h>
#include <rondo/ssh/connection.h>
#include <rondo/ssh/secret.h>

// How to reach a server and who to be there.

namespace rondo::ssh {

/// What to do with a server's key.
enum class HostKeyPolicy {
  strict,      ///< it must be in the known_hosts file
  accept_new,  ///< that of a host which is not there is added; one that has changed is refused
  insecure,    ///< any key will do; whoever sits between can read everything, the password included
};

/// A question that a server asks in the login method keyboard-interactive.
class Prompt {
 public:
  std::string text;
  bool echo;  ///< whether what is typed may be shown
};

/// Is given what a server has to say before the login, often a warning, of several lines and as it
/// came: to show it on a terminal, take out what controls one. It must not wait; what it throws
/// ends the login.
using AuthBannerReceived = std::function<void(std::string_view text)>;

/// Answers a server's questions, one answer for each; called in the middle of the login, so it must
/// not wait. `name` and `instructions` are the server's texts for the user. What it throws ends the
/// login.
using KeyboardInteractive = std::function<std::vector<Secret>(
    std::string_view name, std::string_view instructions, const std::vector<Prompt>& prompts)>;

/// The settings of one connection. (A class with a constructor rather than an aggregate, so that
/// one made inside a co_await expression is safe with g++ 12.)
class Options {
 public:
  /// Port 22, the user who runs the program, ~/.ssh/known_hosts, strict.
  Options();

  std::uint16_t port = 22;
  std::string username;
  Secret password;  ///< empty: none
  /// Paths of private keys, OpenSSH's own or PEM, tried in this order. Opening an OpenSSH key with
  /// a passphrase computes for a tenth of a second or more, on another thread; an agent does that
  /// once for all connections.
  std::vector<std::string> client_keys;
  Secret passphrase;  ///< of these keys
  /// Path of the socket of an ssh-agent, whose keys come after those of the files. Without a
  /// password, `client_keys` and this, the agent that $SSH_AUTH_SOCK names is asked, if there is
  /// one, and ~/.ssh/id_ed25519, id_ecdsa and id_rsa are tried, those that are there and have no
  /// passphrase.
  std::string agent_path;
  /// The login methods, in the order in which they are tried, of those that the server accepts.
  /// (asyncssh has keyboard-interactive before password; for a server that has both and cannot do
  /// the first, every login would begin with a failure.)
  std::string preferred_auth = "publickey,password,keyboard-interactive";
  /// Answers in the method keyboard-interactive. Without it a single question whose answer is not
  /// shown gets the password, once.
  KeyboardInteractive kbdint_challenge_received;
  AuthBannerReceived auth_banner_received;  ///< empty: nobody wants to know
  std::string known_hosts;  ///< path of the file that lists the keys of known servers
  HostKeyPolicy host_key_policy = HostKeyPolicy::strict;
  bool hash_known_hosts = false;  ///< `accept_new` hides the names of the hosts that it adds
  /// A jump host: the server is reached through this connection, which is kept as long as the new
  /// one. Nothing: directly.
  std::optional<Connection> tunnel;
  Duration connect_timeout = std::chrono::seconds(15);  ///< for the TCP connection; 0: no limit
  Duration login_timeout = std::chrono::seconds(60);    ///< for handshake and login; 0: no limit
  /// When nothing has been heard of the server for this long after the login, it is asked whether
  /// it is still there, and again after each such time; when that many questions in a row
  /// (`keepalive_count_max`, 1 or more) had no answer, the connection is lost. So a server is
  /// noticed that is cut off or whose program hangs, through a `tunnel` too, and an idle connection
  /// keeps its place in firewalls. 0: it is never asked. The question is a channel of a kind that
  /// does not exist, which the server has to refuse. While the server connects to somewhere for us
  /// it is not asked. Without a tunnel TCP asks as well, in whole seconds.
  Duration keepalive_interval = Duration::zero();
  int keepalive_count_max = 3;
  /// A connection on which nothing but keep-alives has come or gone for this long after the login
  /// is closed, and who still waits for it gets a ConnectionLost. 0: never.
  Duration idle_timeout = Duration::zero();

  // Algorithms: names with commas between them, best first, as they go over the wire. Empty: the
  // defaults, in which nothing is weak. "+a,b" adds to the defaults, "-a" takes away from them,
  // "^a" puts in front of them.
  std::string kex_algs;
  std::string encryption_algs;
  std::string mac_algs;
  std::string server_host_key_algs;
  std::string compression_algs;
  /// Adds what old devices need to the defaults: SHA-1 in key exchange and MAC, ssh-rsa, CBC. Who
  /// records such a connection may be able to read it one day.
  bool legacy = false;
};

}  // namespace rondo::ssh
