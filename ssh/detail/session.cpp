#include <algorithm>
#include <cerrno>
#include <cstring>

#include <rondo/ssh/detail/channel.h>
#include <rondo/ssh/detail/exit_message.h>
#include <rondo/ssh/detail/session.h>
#include <rondo/ssh/errors.h>

namespace rondo::ssh::detail {

namespace {

constexpr std::size_t room_for_bytes = 16 * 1024;
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
  static const int initialised = libssh2_init(0);
  LIBSSH2_SESSION* made = initialised != 0
                              ? nullptr
                              : libssh2_session_init_ex(allocate, deallocate, reallocate, &session);
  if (made == nullptr) throw Error("libssh2 could not be set up");
  libssh2_session_set_blocking(made, 0);
  libssh2_session_callback_set(made, LIBSSH2_CALLBACK_SEND,
                               reinterpret_cast<void*>(&send_callback));
  libssh2_session_callback_set(made, LIBSSH2_CALLBACK_RECV,
                               reinterpret_cast<void*>(&receive_callback));
  return made;
}

}  // namespace

Session::Session(Loop& loop, std::string peer)
    : session_(make_session(*this)), loop_(loop), peer_(std::move(peer)) {}

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
  return arrived_.prepare(room_for_bytes);
}

void Session::buffer_updated(std::size_t count) {
  arrived_.commit(count);
  if (keep_greeting_ && greeting_.size() < longest_greeting) {
    const std::string_view bytes = arrived_.view();
    greeting_ += bytes.substr(bytes.size() - count);
  }
  pump_channels();
  progress_.wake_all();
  // With nobody reading a channel nothing is taken out; TCP holds the server back then.
  if (!reading_paused_ && arrived_.size() > pause_reading_above && transport_ != nullptr) {
    reading_paused_ = true;
    transport_->pause_reading();
  }
}

void Session::eof_received() {
  hand_over_all();
  peer_eof_ = true;
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
  if (error && reason_.empty()) reason_ = describe_exception(error);
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
  if (pumping_ || is_closing()) return;
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
  pump_channels();
  libssh2_session_disconnect_ex(session_, SSH_DISCONNECT_BY_APPLICATION, "closed by the user", "");
  transport_->close();
}

void Session::abort() {
  if (!lost()) transport_->abort();
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
  if (lost()) return -EPIPE;
  transport_->write(bytes);
  return static_cast<ssize_t>(bytes.size());
}

ssize_t Session::receive(std::span<char> room) {
  if (arrived_.empty()) {
    if (lost() || peer_eof_) return 0;
    // A few of libssh2's ways out of an error try again for ever, whatever they are told.
    if (++idle_receives_ < most_idle_receives) return -EAGAIN;
    reason_ = "libssh2 asks again and again for what has not come";
    transport_->abort();
    return 0;
  }
  idle_receives_ = 0;
  const std::size_t count = std::min(room.size(), arrived_.size());
  std::memcpy(room.data(), arrived_.view().data(), count);
  arrived_.consume(count);
  if (reading_paused_ && arrived_.size() <= pause_reading_above / 2 && transport_ != nullptr) {
    reading_paused_ = false;
    transport_->resume_reading();
  }
  return static_cast<ssize_t>(count);
}

}  // namespace rondo::ssh::detail
