// One SSH connection to a virtual router, from the key exchange to the good-bye, run by the one
// thread that owns it. libssh calls back for what the client asks; a callback only notes it, and
// run() does the work between two polls, for a write from inside a callback would enter libssh's
// poll loop a second time.
//
// A connection has one session channel, as IOS allows: a shell, or one command. Anything else is
// refused.
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

#include <rondo/lab/session.h>

namespace rondo::lab {

class SshSession final : public Session {
 public:
  // Takes over `session`, which has its socket already, and frees it. The device must outlive it.
  SshSession(ssh_session session, Device& device, std::chrono::seconds idle_limit);
  ~SshSession() override;

  // The user counts as logged in when a shell or command is asked for.
  void run(const std::function<void()>& logged_in) override;

 private:
  bool exchange_keys();
  bool log_in();
  void say_goodbye();
  bool connected() const;

  bool is_open() const override;
  bool send(std::string& bytes) override;
  bool receive() override;
  bool wait_until(Moment deadline) override;
  void half_close() override;
  int socket() const override { return ssh_get_fd(session_); }

  ssh_channel open_channel();
  int begin(std::optional<std::string> command);
  int answer_message(ssh_message message);

  void set_callbacks();

  struct FreeEvent {
    void operator()(ssh_event event) const { ssh_event_free(event); }
  };

  const ssh_session session_;  // freed by the destructor, after which no callback comes
  std::unique_ptr<ssh_event_struct, FreeEvent> event_;
  ssh_server_callbacks_struct server_callbacks_{};    // libssh keeps pointers to both
  ssh_channel_callbacks_struct channel_callbacks_{};  // until the session is freed

  bool authenticated_ = false;
  std::string interactive_username_;  // of the keyboard-interactive request under way
  ssh_channel channel_ = nullptr;     // the session's; the only one it ever gets
  bool begun_ = false;                // a shell or command was asked for
  bool remote_closed_ = false;        // the client has closed the channel
};

}  // namespace rondo::lab
