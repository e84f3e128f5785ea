#include <algorithm>
#include <array>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include <rondo/lab/session.h>

namespace rondo::lab {

Session::Session(Device& device, std::chrono::seconds idle_limit)
    : router_(device.description()), idle_limit_(idle_limit), terminal_(device) {}

bool Session::credentials_fit(std::string_view username, std::string_view password) {
  // Further attempts may already wait in the socket: none of them counts any more.
  if (failed_attempts_ >= most_failed_attempts) return false;
  const bool fit = username == router_.username && password == router_.password &&
                   !router_.faults.contains(Fault::wrong_password);
  if (!fit) ++failed_attempts_;
  return fit;
}

void Session::serve() {
  std::string unsent;
  Terminal::After after = Terminal::After::goes_on;
  last_progress_ = std::chrono::steady_clock::now();
  Moment resume = last_progress_;  // until then the device is busy
  while (is_open()) {
    if (!send(unsent)) return;
    if (unsent.empty()) {
      const auto then = std::exchange(after, Terminal::After::goes_on);
      if (then == Terminal::After::cut) return cut();
      if (then == Terminal::After::half_closed) half_close();
    }
    const Moment now = std::chrono::steady_clock::now();
    Moment wake = std::max(resume, last_progress_) + idle_limit_;
    if (now >= wake) return;
    if (now < resume) {
      wake = resume;
    } else if (unsent.empty()) {
      // Input is taken only when all output is gone: a client that does not read is not read.
      const bool more_may_come = receive();
      Terminal::Turn turn = terminal_.turn();
      unsent = std::move(turn.bytes);
      after = turn.after;
      if (turn.pause.count() > 0) resume = now + turn.pause;
      if (!unsent.empty() || turn.pause.count() > 0) continue;
      if (terminal_.closed() || !more_may_come) return;
    }
    if (!wait_until(wake)) return;
  }
}

void Session::stay_mute(int socket) {
  std::array<char, 4096> buffer{};
  pollfd polled{socket, POLLIN, 0};
  while (::poll(&polled, 1, -1) >= 0) {
    if (::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT) <= 0) return;
  }
}

void Session::cut() const {
  // To connect to nowhere resets the connection at once, however many descriptors it has.
  const sockaddr nowhere{AF_UNSPEC, {}};
  static_cast<void>(::connect(socket(), &nowhere, sizeof nowhere));
}

}  // namespace rondo::lab
