#pragma once

#include <memory>

#include <rondo/runtime/clock.h>
#include <rondo/runtime/handle.h>
#include <rondo/runtime/task.h>
#include <rondo/ssh/options.h>

// Watches over a connection that is logged in: whether the server is still there, and whether the
// connection is still used.
//
// | nothing was heard of the server for | then                                        |
// |-------------------------------------|---------------------------------------------|
// | one interval                        | it is asked                                 |
// | each interval more                  | that counts as a question without an answer |
// | more than `keepalive_count_max`     | the connection is lost                      |
//
// The question is a request to open a channel of a kind that there is not, "keepalive@openssh.com",
// which every server has to refuse (RFC 4254, section 5.1). OpenSSH's question is a global request
// of that name; but the answer to one stays in libssh2's memory for ever, and the next
// forward_remote_port would take it for its own. Any other request does as well. Only while the
// server connects to somewhere for us, which may take minutes, its silence means nothing.

namespace rondo::ssh::detail {

class Session;

class Watchdog {
 public:
  /// The session owns it, and destroys it when the transport is lost.
  Watchdog(const std::shared_ptr<Session>& session, const Options& options);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

  /// Bytes have come.
  void heard();
  /// Something went or came that had to do with none of its questions.
  void used();

 private:
  void look();
  void look_later();
  void ask(TimePoint now);
  bool is_idle(TimePoint now) const;

  Session& session_;
  const std::weak_ptr<Session> for_questions_;
  const Duration interval_;  // zero: the server is never asked
  const int most_questions_;
  const Duration idle_timeout_;  // zero: it need not be used
  TimePoint last_heard_;         // or asked
  TimePoint last_used_;
  int unanswered_ = 0;   // questions
  Task<void> question_;  // the last one
  TimerHandle timer_;
};

}  // namespace rondo::ssh::detail
