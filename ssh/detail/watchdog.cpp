#include <algorithm>
#include <string>
#include <string_view>

#include <rondo/runtime/errors.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/detail/watchdog.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

namespace {

constexpr std::string_view kind_of_channel = "keepalive@openssh.com";

std::string in_milliseconds(Duration duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration);
  return std::to_string(milliseconds.count()) + " ms";
}

Coroutine<void> refuse_channel(Session& session) {
  LIBSSH2_CHANNEL* channel = nullptr;
  const auto open = [&] {
    channel =
        libssh2_channel_open_ex(session.get(), kind_of_channel.data(),
                                static_cast<unsigned>(kind_of_channel.size()), 0, 0, nullptr, 0);
    return channel != nullptr ? 0 : libssh2_session_last_errno(session.get());
  };
  co_await session.drive(open);
  if (channel == nullptr) co_return;
  // A strange server: it has such channels.
  const auto close = [&] { return libssh2_channel_free(channel); };
  co_await session.drive(close);
}

Coroutine<void> ask_server(std::shared_ptr<Session> session) {
  const auto turn = co_await session->control().hold();
  try {
    co_await refuse_channel(*session);
  } catch (const CancelledError&) {
    // The loop ends; libssh2 is left in the middle of a request.
    session->abort();
    throw;
  } catch (const ConnectionLost&) {
    // Whoever uses the connection hears of it.
  }
}

}  // namespace

Watchdog::Watchdog(const std::shared_ptr<Session>& session, const Options& options)
    : session_(*session),
      for_questions_(session),
      interval_(options.keepalive_interval),
      most_questions_(options.keepalive_count_max),
      idle_timeout_(options.idle_timeout),
      last_heard_(session->loop().time()),
      last_used_(last_heard_) {
  look_later();
}

Watchdog::~Watchdog() {
  timer_.cancel();
}

void Watchdog::heard() {
  last_heard_ = session_.loop().time();
  unanswered_ = 0;
}

void Watchdog::used() {
  last_used_ = session_.loop().time();
}

bool Watchdog::is_idle(TimePoint now) const {
  return idle_timeout_ > Duration::zero() && now >= saturating_add(last_used_, idle_timeout_);
}

void Watchdog::look_later() {
  TimePoint next = TimePoint::max();
  if (interval_ > Duration::zero()) next = saturating_add(last_heard_, interval_);
  if (idle_timeout_ > Duration::zero()) {
    next = std::min(next, saturating_add(last_used_, idle_timeout_));
  }
  if (next == TimePoint::max()) return;
  timer_ = session_.loop().call_at(next, [this] { look(); });
}

void Watchdog::look() {
  const TimePoint now = session_.loop().time();
  if (is_idle(now)) {
    session_.close_because("the connection was idle for " + in_milliseconds(idle_timeout_));
    return;
  }
  if (interval_ > Duration::zero() && now >= saturating_add(last_heard_, interval_)) {
    if (unanswered_ >= most_questions_) {
      session_.abort_because("the server has not answered " + std::to_string(unanswered_) +
                             " times when it was asked whether it is still there");
      return;
    }
    ask(now);
  }
  look_later();
}

void Watchdog::ask(TimePoint now) {
  last_heard_ = now;  // from here on the next interval counts
  if (session_.server_connects()) return;
  ++unanswered_;
  // Another request that waits for its answer is a question too.
  if (session_.control().locked()) return;
  question_ = create_task_on(session_.loop(), ask_server(for_questions_.lock()));
}

}  // namespace rondo::ssh::detail
