#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <rondo/net/detail/tls_session.h>
#include <rondo/net/tls.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/detail/byte_buffer.h>
#include <rondo/runtime/detail/runnable.h>
#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/handle.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/transport.h>

namespace rondo::detail {

/// The layer between a transport and a protocol that knows nothing of TLS: to the transport below
/// it is a protocol, to the protocol above a transport. The transport below holds it until the
/// connection is lost. This is asyncio's SSLProtocol.
///
/// What was written in a turn of the loop becomes records at its end, in full ones where it is
/// much. When the transport below has enough to send, the rest waits here as plain text, and is
/// what the water marks count. When the protocol above has enough to read, nothing is decrypted,
/// and the transport below stops reading.
class TlsConnection final : public Protocol, public Transport {
 public:
  /// `peer`: its name for messages; empty: what the transport below calls it. Throws ValueError for
  /// a timeout that is not more than 0, and as TlsSession.
  TlsConnection(Loop& loop, const SSLContext& context, std::shared_ptr<Protocol> application,
                const TlsOptions& options, std::string peer = {});

  /// Puts the connection between a transport and the protocol that it had until now, which must
  /// have been told its new transport. `received`: what had come and was not read.
  static void upgrade(std::shared_ptr<TlsConnection> connection, Transport& below,
                      std::string_view received);
  /// Waits until the handshake is done. Throws why it failed, once the connection is closed; on
  /// cancellation it is aborted.
  static Coroutine<void> wait_for_handshake(std::shared_ptr<TlsConnection> connection);

  // To the transport below.
  void connection_made(Transport& below) override;
  std::span<char> get_buffer() override { return session_.get_buffer(); }
  void buffer_updated(std::size_t count) override;
  void eof_received() override;
  void connection_lost(std::exception_ptr error) override;
  void pause_writing() override { below_paused_ = true; }
  void resume_writing() override;

  // To the protocol above.
  void write(std::string_view bytes) override;
  void write_eof() override;
  bool can_write_eof() const noexcept override { return false; }
  void close() override;
  void abort() override;
  bool is_closing() const noexcept override { return state_ >= State::flushing; }
  bool is_reading() const noexcept override { return !reading_paused_ && !is_closing(); }
  void pause_reading() override;
  void resume_reading() override;
  std::size_t get_write_buffer_size() const noexcept override;
  std::shared_ptr<Protocol> get_protocol() const override { return application_; }
  void set_protocol(std::shared_ptr<Protocol> protocol) override;

 private:
  // | state       | in it                                    | left when                      | for
  // |
  // |-------------|------------------------------------------|--------------------------------|-------------|
  // | handshaking | what is written waits                    | both sides are content         |
  // open        | |             |                                          | close, abort, a
  // failure        | over        | | open        | bytes go both ways                       |
  // close, or the peer's farewell  | flushing    | |             | | abort, a failure | over | |
  // flushing    | the rest is sent; what comes is dropped  | all is handed on, and our      |
  // parting     | |             |                                          | farewell after it | |
  // | parting     | what comes is dropped                    | the peer's farewell or end     |
  // over        | | over        | the transport below is closing, or gone  | |             |
  enum class State : std::uint8_t { handshaking, open, flushing, parting, over };

  /// What was written in a turn goes on at its end; and so does what was held back from reading.
  class EndOfTurn final : public Runnable {
   public:
    explicit EndOfTurn(TlsConnection& connection) noexcept : connection_(connection) {}
    void run() override { connection_.go_on(); }

   private:
    TlsConnection& connection_;
  };

  void limits_changed() override;
  void go_on();
  void input_arrived();
  void shake_hands();
  void handshake_done();
  void copy_extra_info(const Transport& below);
  void connect_application();
  void decrypt();
  void drop_input();
  void encrypt();
  bool encrypt_some();
  void say_farewell();
  void farewell_received();
  void send_outgoing();
  void close_below();
  void fail(std::exception_ptr error);
  void on_deadline();
  void at_end_of_turn();
  std::exception_ptr cut_off_error() const;
  std::exception_ptr hung_up_error() const;
  std::size_t unencrypted() const noexcept { return queue_.size() + sending_.size(); }

  Loop& loop_;
  TlsSession session_;
  std::shared_ptr<Protocol> application_;
  const Duration handshake_timeout_;
  const Duration shutdown_timeout_;
  const bool server_side_;
  std::string peer_;
  Transport* below_ = nullptr;  // null before the connection is made and after it is lost
  State state_ = State::handshaking;
  ByteBuffer queue_;    // written, and not looked at yet
  ByteBuffer sending_;  // being encrypted; the bytes of an attempt stay until it succeeds
  EndOfTurn end_of_turn_{*this};
  SignalQueue handshake_waiters_;
  TimerHandle deadline_;                // of the handshake, later of the close
  std::exception_ptr error_;            // why it is over; null for a plain close
  bool application_connected_ = false;  // the protocol above was told
  bool shaken_ = false;                 // the handshake was done
  bool lost_ = false;                   // the transport below is gone
  bool below_paused_ = false;           // it has enough to send
  bool below_eof_ = false;              // nothing more will come from it
  bool reading_paused_ = false;         // the protocol above has enough to read
  bool farewell_received_ = false;
};

}  // namespace rondo::detail
