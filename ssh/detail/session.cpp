#include <algorithm>
#include <cerrno>
#include <cstring>

#include <rondo/runtime/errors.h>
#include <rondo/runtime/shield.h>
#include <rondo/ssh/detail/channel.h>
#include <rondo/ssh/detail/exit_message.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/detail/watchdog.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

namespace {

constexpr std::size_t room_for_few_bytes = 2 * 1024;
constexpr std::size_t room_for_many_bytes = 16 * 1024;
constexpr std::size_t pause_reading_above = 1024 * 1024;
constexpr std::size_t longest_greeting = 64 * 1024;
constexpr std::size_t congested_above = 256 * 1024;
constexpr int most_idle_receives = 1'000'000;
constexpr const char* closed_by_server = "the server closed the connection";

void* allocate(std::size_t size, void** session) {
  return static_cast<Session*>(*session)->memory().allocate(size);
}

void* reallocate(void* memory, std::size_t size, void** session) {
  return static_cast<Session*>(*session)->memory().reallocate(memory, size);
}

void deallocate(void* memory, void** session) {
  auto* const owner = static_cast<Session*>(*session);
  owner->block_freed(owner->memory().view(memory));
  owner->memory().deallocate(memory);
}

ssize_t send_callback(libssh2_socket_t /*socket*/, const void* bytes, std::size_t size,
                      int /*flags*/, void** session) {
  return static_cast<Session*>(*session)->send({static_cast<const char*>(bytes), size});
}

ssize_t receive_callback(libssh2_socket_t /*socket*/, void* room, std::size_t size, int /*flags*/,
                         void** session) {
  return static_cast<Session*>(*session)->receive({static_cast<char*>(room), size});
}

LIBSSH2_SESSION* make_session(Session& session) {
  set_up_libssh2();
  LIBSSH2_SESSION* made = libssh2_session_init_ex(allocate, deallocate, reallocate, &session);
  if (made == nullptr) throw Error("libssh2 could not be set up");
  libssh2_session_set_blocking(made, 0);
  libssh2_session_callback_set(made, LIBSSH2_CALLBACK_SEND,
                               reinterpret_cast<void*>(&send_callback));
  libssh2_session_callback_set(made, LIBSSH2_CALLBACK_RECV,
                               reinterpret_cast<void*>(&receive_callback));
  return made;
}

}  // namespace

void set_up_libssh2() {
  static const int failed = libssh2_init(0);
  if (failed != 0) throw Error("libssh2 could not be set up");
}

Session::Session(Loop& loop, std::shared_ptr<TurnBudget> budget, std::string peer)
    : session_(make_session(*this)),
      loop_(loop),
      budget_(std::move(budget)),
      peer_(std::move(peer)) {}

Session::~Session() {
  // The transport is gone, so nothing can be waited for; what is left to do is done at once.
  while (libssh2_session_free(session_) == LIBSSH2_ERROR_EAGAIN) {
  }
}

std::shared_ptr<Session> Session::handle_of(std::shared_ptr<Session> session) {
  Session* const plain = session.get();
  return std::shared_ptr<Session>(plain,
                                  [session = std::move(session)](Session*) { session->close(); });
}

void Session::connection_made(Transport& transport) {
  transport_ = &transport;
}

std::span<char> Session::get_buffer() {
  room_lent_ = true;
  return arrived_.prepare(room_filled_ ? room_for_many_bytes : room_for_few_bytes);
}

void Session::buffer_updated(std::size_t count) {
  room_lent_ = false;
  room_filled_ = count >= room_for_few_bytes;
  arrived_.commit(count);
  const std::string_view all = arrived_.view();
  bytes_arrived(all.substr(all.size() - count));
}

void Session::data_received(std::string_view bytes) {
  arrived_.append(bytes);
  bytes_arrived(bytes);
}

void Session::data_lent(std::string_view bytes) {
  arrived_.lend(bytes);
  bytes_arrived(bytes);
}

void Session::bytes_arrived(std::string_view bytes) {
  if (keep_greeting_ && greeting_.size() < longest_greeting) greeting_ += bytes;
  news_ = true;
  if (watchdog_) watchdog_->heard();
  pump_channels();
  progress_.wake_all();
  // With nobody reading a channel nothing is taken out; TCP holds the server back then.
  if (!reading_paused_ && arrived_.size() > pause_reading_above && transport_ != nullptr) {
    reading_paused_ = true;
    transport_->pause_reading();
  }
}

bool Session::is_end(int result) {
  if (result < 0 && result != LIBSSH2_ERROR_EAGAIN) {
    error_code_ = result;
    error_text_ = libssh2_error();
  }
  pump_channels();
  if (result >= 0 || result == LIBSSH2_ERROR_AUTHENTICATION_FAILED) return true;
  // When the connection is gone, that is the error, whatever libssh2 calls it.
  if (lost() || peer_eof_) std::rethrow_exception(lost_error());
  return result != LIBSSH2_ERROR_EAGAIN;
}

Coroutine<int> Session::drive_long(std::function<int()> call, std::function<bool()> takes_long) {
  for (;;) {
    news_ = false;
    int result = 0;
    if (takes_long()) {
      result = co_await call_elsewhere(call);
    } else {
      co_await budget_->key_exchange();
      idle_receives_ = 0;
      result = call();
    }
    if (is_end(result)) co_return result;
    if (!news_) co_await progress_.wait();
  }
}

Session::Elsewhere::Elsewhere(Session& session)
    : arrived(session.arrived_.view()), session_(session) {
  session_.elsewhere_ = this;
}

Session::Elsewhere::~Elsewhere() {
  session_.elsewhere_ = nullptr;
}

Coroutine<int> Session::call_elsewhere(const std::function<int()>& call) {
  Elsewhere elsewhere(*this);
  idle_receives_ = 0;
  const Future<int> result = budget_->elsewhere(
      [&elsewhere, &call] { return elsewhere.unwanted ? LIBSSH2_ERROR_EAGAIN : call(); });
  // Neither this frame nor the session may go while the other thread is at work.
  std::exception_ptr cancelled;
  while (!result.done()) {
    try {
      co_await shield(result);
    } catch (const CancelledError&) {
      cancelled = std::current_exception();
      elsewhere.unwanted = true;
    }
  }
  if (cancelled) std::rethrow_exception(cancelled);
  took_bytes(elsewhere.taken);
  if (!lost()) transport_->write(elsewhere.sent);
  co_return result.result();
}

void Session::eof_received() {
  hand_over_all();
  peer_eof_ = true;
  news_ = true;
  if (reason_.empty()) reason_ = closed_by_server;
  pump_channels();
  if (transport_ != nullptr) transport_->abort();
}

void Session::hand_over_all() {
  for (const auto& channel : std::vector(channels_))
    channel->receive_all();
}

void Session::connection_lost(std::exception_ptr error) {
  if (error && reason_.empty()) hand_over_all();
  transport_ = nullptr;
  watchdog_.reset();
  room_lent_ = false;
  news_ = true;
  if (error && reason_.empty()) reason_ = describe_exception(error);
  // Another session that carried this one may end without an error.
  if (!ended_here_ && reason_.empty()) reason_ = "the connection below it has ended";
  const std::exception_ptr why = reason_.empty() ? nullptr : lost_error();
  const auto channels = std::exchange(channels_, {});
  for (const auto& channel : channels)
    channel->session_lost(why);
  also_pumped_.clear();
  for (const auto& call : std::exchange(when_lost_, {}))
    call();
  kept_.clear();
  progress_.wake_all();
  closed_.wake_all();
}

bool Session::congested() const noexcept {
  return transport_ == nullptr || transport_->get_write_buffer_size() > congested_above;
}

std::string Session::libssh2_error() const {
  char* text = nullptr;
  libssh2_session_last_error(session_, &text, nullptr, 0);
  return text == nullptr ? "unknown error" : text;
}

std::exception_ptr Session::lost_error() const {
  return std::make_exception_ptr(ConnectionLost(
      peer_ + ": " + (reason_.empty() ? std::string("the connection was closed") : reason_)));
}

void Session::add_channel(rondo::detail::Ref<Channel> channel) {
  channels_.push_back(std::move(channel));
}

void Session::remove_channel(Channel& channel) noexcept {
  std::erase_if(channels_, [&channel](const auto& held) { return held.get() == &channel; });
}

void Session::pump_channels() {
  // A channel that is told of bytes may pause itself, resume or close, and so come back here.
  if (pumping_ || elsewhere_ != nullptr || is_closing()) return;
  if (channels_.empty() && also_pumped_.empty()) return;
  pumping_ = true;
  idle_receives_ = 0;
  if (channels_.size() > 1) std::rotate(channels_.begin(), channels_.begin() + 1, channels_.end());
  pumped_ = channels_;
  for (const auto& channel : pumped_)
    channel->receive();
  bool sent = true;
  while (sent && !congested()) {
    sent = false;
    for (const auto& channel : pumped_)
      sent = channel->send_packet() || sent;
  }
  for (const auto& channel : pumped_)
    channel->finish_if_over();
  pumped_.clear();
  std::erase_if(also_pumped_, [](const auto& pump) { return !pump(); });
  pumping_ = false;
}

void Session::pump_soon() {
  if (!pump_.is_ready() && !lost()) loop_.make_ready(pump_);
}

void Session::close() {
  if (is_closing()) return;
  ended_here_ = true;
  pump_channels();
  libssh2_session_disconnect_ex(session_, SSH_DISCONNECT_BY_APPLICATION, "closed by the user", "");
  transport_->close();
}

void Session::abort() {
  ended_here_ = true;
  if (!lost()) transport_->abort();
}

void Session::close_because(std::string reason) {
  if (is_closing()) return;
  reason_ = std::move(reason);
  close();
}

void Session::abort_because(std::string reason) {
  if (is_closing()) return;
  reason_ = std::move(reason);
  abort();
}

void Session::watch(std::unique_ptr<Watchdog> watchdog) {
  if (!lost()) watchdog_ = std::move(watchdog);
}

void Session::used() {
  if (watchdog_) watchdog_->used();
}

void Session::fail() {
  if (is_closing()) return;
  const bool hung_up = libssh2_session_last_errno(session_) == LIBSSH2_ERROR_SOCKET_DISCONNECT;
  reason_ = hung_up ? closed_by_server : libssh2_error();
  transport_->abort();
}

void Session::block_freed(std::string_view block) noexcept {
  if (const auto number = opened_channel(block)) last_opened_ = *number;
  const auto message = exit_message(block);
  if (!message) return;
  for (const auto& channel : channels_) {
    if (channel->number() == message->channel) channel->set_exit(message->exit);
  }
}

Coroutine<void> Session::wait_closed(std::shared_ptr<Session> session) {
  if (!session->lost()) co_await session->closed_.wait();
}

ssize_t Session::send(std::string_view bytes) {
  if (given_up_) return -EPIPE;
  if (elsewhere_ != nullptr) {
    elsewhere_->sent += bytes;
  } else {
    if (lost()) return -EPIPE;
    transport_->write(bytes);
  }
  return static_cast<ssize_t>(bytes.size());
}

ssize_t Session::receive(std::span<char> room) {
  if (given_up_) return 0;
  std::string_view bytes = arrived_.view();
  if (elsewhere_ != nullptr)
    bytes = std::string_view(elsewhere_->arrived).substr(elsewhere_->taken);
  if (bytes.empty()) return nothing_to_receive();
  idle_receives_ = 0;
  const std::size_t count = std::min(room.size(), bytes.size());
  std::memcpy(room.data(), bytes.data(), count);
  if (elsewhere_ != nullptr) {
    elsewhere_->taken += count;
  } else {
    took_bytes(count);
  }
  return static_cast<ssize_t>(count);
}

ssize_t Session::nothing_to_receive() {
  // A few of libssh2's ways out of an error try again for ever, whatever they are told.
  const bool for_ever = ++idle_receives_ >= most_idle_receives;
  if (elsewhere_ != nullptr) return for_ever ? 0 : -EAGAIN;
  if (lost() || peer_eof_) return 0;
  if (!for_ever) return -EAGAIN;
  reason_ = "libssh2 asks again and again for what has not come";
  transport_->abort();
  return 0;
}

void Session::took_bytes(std::size_t count) {
  arrived_.consume(count);
  // An idle connection holds no memory for bytes.
  if (arrived_.empty() && !room_lent_) arrived_.release();
  if (reading_paused_ && arrived_.size() <= pause_reading_above / 2 && transport_ != nullptr) {
    reading_paused_ = false;
    transport_->resume_reading();
  }
}

}  // namespace rondo::ssh::detail
