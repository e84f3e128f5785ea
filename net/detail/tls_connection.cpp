#include <array>
#include <cerrno>
#include <utility>

#include <rondo/net/detail/tls_connection.h>
#include <rondo/net/ssl_error.h>

namespace rondo::detail {

namespace {

Duration positive(Duration limit, const char* name) {
  if (limit > Duration::zero()) return limit;
  throw ValueError(std::string("TlsOptions::") + name + " must be more than 0");
}

std::string seconds_text(Duration span) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
  constexpr int per_second = 1000;
  return milliseconds % per_second == 0 ? std::to_string(milliseconds / per_second) + " s"
                                        : std::to_string(milliseconds) + " ms";
}

}  // namespace

TlsConnection::TlsConnection(Loop& loop, const SSLContext& context,
                             std::shared_ptr<Protocol> application, const TlsOptions& options,
                             std::string peer)
    : loop_(loop),
      session_(context, options.server_hostname),
      application_(std::move(application)),
      handshake_timeout_(positive(options.ssl_handshake_timeout, "ssl_handshake_timeout")),
      shutdown_timeout_(positive(options.ssl_shutdown_timeout, "ssl_shutdown_timeout")),
      server_side_(context.server_side()),
      peer_(std::move(peer)) {}

void TlsConnection::connection_made(Transport& below) {
  below_ = &below;
  if (peer_.empty()) peer_ = below.get_extra_info("peername");
  deadline_ = loop_.call_later(handshake_timeout_, [this] { on_deadline(); });
  shake_hands();
}

void TlsConnection::upgrade(std::shared_ptr<TlsConnection> connection, Transport& below,
                            std::string_view received) {
  TlsConnection& self = *connection;
  self.application_connected_ = true;
  self.copy_extra_info(below);
  below.set_protocol(std::move(connection));
  self.connection_made(below);
  self.session_.feed(received);
  self.input_arrived();
}

Coroutine<void> TlsConnection::wait_for_handshake(std::shared_ptr<TlsConnection> connection) {
  TlsConnection& self = *connection;
  try {
    while (!self.shaken_ && !self.lost_)
      co_await self.handshake_waiters_.wait();
  } catch (...) {
    self.abort();
    throw;
  }
  if (self.shaken_) co_return;
  if (self.error_) std::rethrow_exception(self.error_);
  throw ConnectionResetError(ECONNRESET,
                             "TLS handshake with " + self.peer_ + ": the connection was closed");
}

// --- what comes from below

void TlsConnection::buffer_updated(std::size_t count) {
  session_.buffer_updated(count);
  input_arrived();
}

void TlsConnection::input_arrived() {
  if (state_ == State::handshaking) {
    shake_hands();
  } else {
    go_on();
  }
}

void TlsConnection::eof_received() {
  below_eof_ = true;
  if (state_ == State::handshaking) fail(hung_up_error());
  if (state_ == State::open) decrypt();
  if (state_ == State::parting) close_below();
}

void TlsConnection::connection_lost(std::exception_ptr error) {
  if (!error_) {
    const bool hung_up = error && state_ == State::handshaking;
    error_ = hung_up ? hung_up_error() : std::move(error);
  }
  state_ = State::over;
  lost_ = true;
  below_ = nullptr;
  deadline_.cancel();
  queue_.release();
  sending_.release();
  handshake_waiters_.wake_all();
  if (!shaken_ && server_side_ && error_ && loop_.get_debug()) {
    loop_.call_exception_handler({"a TLS handshake with a client failed", error_, {}, {}});
  }
  const std::shared_ptr<Protocol> application = std::exchange(application_, nullptr);
  if (application_connected_) application->connection_lost(error_);
}

void TlsConnection::resume_writing() {
  below_paused_ = false;
  encrypt();
}

// --- the handshake

void TlsConnection::shake_hands() {
  const TlsSession::Outcome outcome = session_.handshake();
  send_outgoing();
  if (outcome == TlsSession::Outcome::done) {
    handshake_done();
  } else if (outcome != TlsSession::Outcome::wants_input) {
    fail(session_.error(peer_));
  }
}

void TlsConnection::handshake_done() {
  state_ = State::open;
  shaken_ = true;
  deadline_.cancel();
  copy_extra_info(*below_);
  set_extra_info("version", session_.version());
  set_extra_info("cipher", session_.cipher());
  set_extra_info("alpn", session_.alpn());
  set_extra_info("peercert", session_.peer_certificate());
  set_extra_info("peercert_sha256", session_.peer_certificate_digest());
  handshake_waiters_.wake_all();
  connect_application();
  if (state_ == State::open && reading_paused_) below_->pause_reading();
  go_on();
}

void TlsConnection::copy_extra_info(const Transport& below) {
  for (const char* name : {"peername", "sockname", "socket"}) {
    std::string value = below.get_extra_info(name);
    if (!value.empty()) set_extra_info(name, std::move(value));
  }
}

void TlsConnection::connect_application() {
  if (application_connected_) return;
  application_connected_ = true;
  try {
    application_->connection_made(*this);
  } catch (...) {
    loop_.call_exception_handler(
        {"Unhandled exception in connection_made", std::current_exception(), {}, {}});
    abort();
  }
}

// --- bytes, both ways

void TlsConnection::go_on() {
  if (state_ == State::open) {
    decrypt();
  } else {
    drop_input();
  }
  encrypt();
}

void TlsConnection::decrypt() {
  while (state_ == State::open && !reading_paused_ && session_.has_input()) {
    std::size_t count = 0;
    const TlsSession::Outcome outcome = session_.read(application_->get_buffer(), count);
    send_outgoing();
    if (outcome == TlsSession::Outcome::wants_input) break;
    if (outcome == TlsSession::Outcome::done) application_->buffer_updated(count);
    if (outcome == TlsSession::Outcome::closed) farewell_received();
    if (outcome == TlsSession::Outcome::failed) fail(session_.error(peer_));
  }
  if (state_ != State::open || reading_paused_ || !below_eof_) return;
  const std::exception_ptr error = cut_off_error();
  application_->stream_cut_off(error);
  fail(error);
}

// After close() nobody wants what still comes; but it is in front of the peer's farewell.
void TlsConnection::drop_input() {
  std::array<char, 4096> room;
  while ((state_ == State::flushing || state_ == State::parting) && !farewell_received_ &&
         session_.has_input()) {
    std::size_t count = 0;
    const TlsSession::Outcome outcome = session_.read(room, count);
    send_outgoing();
    if (outcome == TlsSession::Outcome::wants_input) return;
    if (outcome == TlsSession::Outcome::closed) farewell_received();
    if (outcome == TlsSession::Outcome::failed) fail(session_.error(peer_));
  }
}

void TlsConnection::encrypt() {
  if (state_ != State::open && state_ != State::flushing) return;
  while (!below_paused_ && encrypt_some()) {
  }
  check_water_marks(*application_, unencrypted());
  if (state_ == State::flushing && unencrypted() == 0) say_farewell();
}

/// A record; false when there is nothing to encrypt, or not now.
bool TlsConnection::encrypt_some() {
  if (sending_.empty()) {
    sending_.release();
    if (queue_.empty()) return false;
    sending_.take_over(queue_);
  }
  std::size_t count = 0;
  const TlsSession::Outcome outcome = session_.write(sending_.view(), count);
  sending_.consume(count);
  send_outgoing();
  if (outcome == TlsSession::Outcome::failed) fail(session_.error(peer_));
  return outcome == TlsSession::Outcome::done;
}

void TlsConnection::send_outgoing() {
  ByteBuffer& outgoing = session_.outgoing();
  if (outgoing.empty()) return;
  if (below_ != nullptr) below_->write(outgoing.view());
  outgoing.release();
}

void TlsConnection::write(std::string_view bytes) {
  if (is_closing() || bytes.empty()) return;
  queue_.append(bytes);
  check_water_marks(*application_, unencrypted());
  at_end_of_turn();
}

void TlsConnection::write_eof() {
  throw RuntimeError("a TLS connection cannot be ended in one direction: use close()");
}

std::size_t TlsConnection::get_write_buffer_size() const noexcept {
  return unencrypted() + (below_ == nullptr ? 0 : below_->get_write_buffer_size());
}

void TlsConnection::limits_changed() {
  if (application_) check_water_marks(*application_, unencrypted());
}

void TlsConnection::pause_reading() {
  reading_paused_ = true;
  if (state_ == State::open) below_->pause_reading();
}

void TlsConnection::resume_reading() {
  reading_paused_ = false;
  if (state_ != State::open) return;
  below_->resume_reading();
  at_end_of_turn();
}

void TlsConnection::set_protocol(std::shared_ptr<Protocol> protocol) {
  if (application_) application_ = std::move(protocol);
}

void TlsConnection::at_end_of_turn() {
  if (!end_of_turn_.is_ready()) loop_.at_end_of_turn(end_of_turn_);
}

// --- the end

void TlsConnection::close() {
  if (state_ == State::handshaking) abort();
  if (state_ != State::open) return;
  state_ = State::flushing;
  deadline_ = loop_.call_later(shutdown_timeout_, [this] { on_deadline(); });
  below_->resume_reading();
  at_end_of_turn();
}

void TlsConnection::abort() {
  state_ = State::over;
  queue_.clear();
  sending_.clear();
  if (below_ != nullptr) below_->abort();
}

void TlsConnection::say_farewell() {
  state_ = State::parting;
  session_.say_farewell();
  send_outgoing();
  if (farewell_received_ || below_eof_) close_below();
}

void TlsConnection::farewell_received() {
  farewell_received_ = true;
  if (state_ == State::parting) close_below();
  if (state_ != State::open) return;
  application_->eof_received();
  close();
}

void TlsConnection::close_below() {
  state_ = State::over;
  below_->close();
}

/// For good. What OpenSSL has to tell the peer about it still goes out.
void TlsConnection::fail(std::exception_ptr error) {
  if (state_ == State::over) return;
  error_ = std::move(error);
  queue_.clear();
  sending_.clear();
  deadline_.cancel();
  deadline_ = loop_.call_later(shutdown_timeout_, [this] { on_deadline(); });
  close_below();
}

void TlsConnection::on_deadline() {
  if (!error_ && !shaken_) {
    error_ = std::make_exception_ptr(TimeoutError(
        "TLS handshake with " + peer_ + " took longer than " + seconds_text(handshake_timeout_)));
  } else if (!error_) {
    error_ = std::make_exception_ptr(TimeoutError("closing the TLS connection with " + peer_ +
                                                  " took longer than " +
                                                  seconds_text(shutdown_timeout_)));
  }
  abort();
}

std::exception_ptr TlsConnection::hung_up_error() const {
  if (!session_.peer_speaks_tls()) return session_.error(peer_);
  return make_os_error(ECONNRESET, "TLS handshake with " + peer_ + ": the peer hung up");
}

std::exception_ptr TlsConnection::cut_off_error() const {
  return std::make_exception_ptr(
      SSLEOFError("TLS connection with " + peer_ +
                      " ended without a farewell (close_notify): what came may be cut short",
                  "unexpected eof"));
}

}  // namespace rondo::detail
