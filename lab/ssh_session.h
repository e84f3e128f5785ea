// One SSH connection to a virtual router, from the key exchange to the good-bye, run by the one
// thread that owns it. libssh calls back for what the client asks; a callback only notes it, and
// run() does the work between two polls, for a write from inside a callback would enter libssh's
// poll loop a second time.
//
// A connection has one session channel, as IOS allows: a shell, or one command. Anything else is
// refused. run() returns when the user leaves, the client goes away, logging in fails, or nothing
// has moved for the idle limit. Shutting the socket down from another thread also ends it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>

#include <rondo/lab/device.h>
#include <rondo/lab/terminal.h>

namespace rondo::lab {

class SshSession {
 public:
  // Takes over `session`, which has its socket already, and frees it. The device must outlive it.
  SshSession(ssh_session session, Device& device, std::chrono::seconds idle_limit);
  ~SshSession();
  SshSession(const SshSession&) = delete;
  SshSession& operator=(const SshSession&) = delete;

  // Calls `logged_in` once, when the user is known and a shell or command is asked for.
  void run(const std::function<void()>& logged_in);

 private:
  using Moment = std::chrono::steady_clock::time_point;

  bool exchange_keys();
  bool log_in();
  void serve();
  bool send(std::string& bytes);
  bool receive();
  void say_goodbye();
  bool poll_until(Moment deadline);
  bool connected() const;
  bool credentials_fit(std::string_view username, std::string_view password);

  ssh_channel open_channel();
  int begin(std::optional<std::string> command);
  int answer_message(ssh_message message);

  void set_callbacks();

  struct FreeEvent {
    void operator()(ssh_event event) const { ssh_event_free(event); }
  };

  const ssh_session session_;  // freed by the destructor, after which no callback comes
  const Router& router_;
  const std::chrono::seconds idle_limit_;
  Terminal terminal_;
  std::unique_ptr<ssh_event_struct, FreeEvent> event_;
  ssh_server_callbacks_struct server_callbacks_{};    // libssh keeps pointers to both
  ssh_channel_callbacks_struct channel_callbacks_{};  // until the session is freed

  bool authenticated_ = false;
  unsigned failed_attempts_ = 0;
  std::string interactive_username_;  // of the keyboard-interactive request under way
  ssh_channel channel_ = nullptr;     // the session's; the only one it ever gets
  bool begun_ = false;                // a shell or command was asked for
  bool remote_closed_ = false;        // the client has closed the channel
  Moment last_progress_{};            // when a byte last came in or went out
};

}  // namespace rondo::lab
