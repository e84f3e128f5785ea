#include <algorithm>
#include <cerrno>

#include <rondo/net/detail/wait_for_ready.h>
#include <rondo/runtime/errors.h>

namespace rondo::detail {

void ReadyAwaiter::begin() {
  loop().arm(*this, deadline_);
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    sockets_[i].revents = 0;
    Request request{Opcode::poll, sockets_[i].fd};
    request.flags = static_cast<std::uint32_t>(sockets_[i].events);
    loop().driver().prepare(polls_[i], request);
  }
}

void ReadyAwaiter::answered(const Poll& poll, int result) noexcept {
  const auto index = static_cast<std::size_t>(&poll - polls_.data());
  if (result > 0) {
    sockets_[index].revents = static_cast<short>(result);
    ready_ = true;
  } else if (result != -ECANCELED && result != -EINTR) {
    error_ = -result;
  } else if (state_ == State::waiting) {
    ready_ = true;  // nobody asked for its end; the caller looks and waits again
  }
  end();
}

void ReadyAwaiter::run() {
  if (state_ == State::waiting) end();
}

bool ReadyAwaiter::cancel_wait(const std::string&) {
  if (state_ == State::ended || cancelled_) return false;
  cancelled_ = true;
  end();
  return true;
}

// May be called again and again; the last answer finds nothing in flight.
void ReadyAwaiter::end() noexcept {
  if (state_ == State::waiting) {
    state_ = State::ending;
    if (armed()) loop().disarm(*this);
    for (Poll& poll : polls_) {
      if (poll.in_flight()) loop().driver().cancel(poll);
    }
  }
  const bool unanswered =
      std::ranges::any_of(polls_, [](const Poll& poll) { return poll.in_flight(); });
  if (state_ == State::ended || unanswered) return;
  state_ = State::ended;
  wake();
}

bool ReadyAwaiter::await_resume() {
  const bool requested = take_cancel_request();
  if (requested || cancelled_) throw_cancelled();
  if (error_ != 0 && !ready_) throw_os_error(error_, "poll");
  return ready_;
}

}  // namespace rondo::detail
