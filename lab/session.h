// One connection to a virtual device, run by the one thread that owns it: what SSH and telnet have
// in common. The terminal says what to send and how long to wait; the transports (ssh_session.h,
// telnet_session.h) carry it.
//
// serve() returns when the user leaves, the client goes away, or nothing has moved for the idle
// limit. Shutting the socket down from another thread also ends it.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <rondo/lab/device.h>
#include <rondo/lab/terminal.h>

namespace rondo::lab {

class Session {
 public:
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Calls `logged_in` once, when the user is known. Returns when the connection is over.
  virtual void run(const std::function<void()>& logged_in) = 0;

 protected:
  using Moment = std::chrono::steady_clock::time_point;
  static constexpr unsigned most_failed_attempts = 3;

  // The device must outlive the session.
  Session(Device& device, std::chrono::seconds idle_limit);

  void serve();

  // Says nothing and hears nothing until the client goes away.
  static void stay_mute(int socket);

  bool credentials_fit(std::string_view username, std::string_view password);

  // --- what a transport does

  // Can there still be something to send or receive?
  virtual bool is_open() const = 0;
  // Sends what there is room for and leaves the rest in `bytes`; false when the client is gone.
  virtual bool send(std::string& bytes) = 0;
  // Hands what has come to the terminal; false when the client will send no more.
  virtual bool receive() = 0;
  // Waits until something has come, there is room again, or the deadline is there; false when the
  // client is gone.
  virtual bool wait_until(Moment deadline) = 0;
  // Sends an end of file, and goes on reading.
  virtual void half_close() = 0;
  virtual int socket() const = 0;

  const Router& router_;
  const std::chrono::seconds idle_limit_;
  Terminal terminal_;
  unsigned failed_attempts_ = 0;
  Moment last_progress_{};  // when a byte last came in or went out

 private:
  // The client sees a reset.
  void cut() const;
};

}  // namespace rondo::lab
