#pragma once

#include <any>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <libssh2.h>

#include <rondo/runtime/detail/byte_buffer.h>
#include <rondo/runtime/detail/ref.h>
#include <rondo/runtime/detail/runnable.h>
#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/semaphore.h>
#include <rondo/runtime/transport.h>
#include <rondo/ssh/detail/turn_budget.h>
#include <rondo/ssh/detail/wiped_memory.h>

// One libssh2 session on one of our transports.
//
// libssh2 asks for bytes and offers bytes through two callbacks. Sending always takes everything,
// into the transport's queue, so that no call of libssh2 ever has to be repeated for want of room.
// Receiving takes what has arrived; when nothing has, the call says EAGAIN, and whoever made it
// waits for `progress`. New bytes wake all who wait, since one caller's reading may have brought
// the packet that another one waits for; and the channels are looked at, since theirs may be among
// them.
//
// | what happens          | then                                                            |
// |-----------------------|-----------------------------------------------------------------|
// | bytes arrive          | channels are pumped, all waiting operations try again           |
// | an operation is called| it runs to its end or to EAGAIN; then the channels are pumped    |
// | libssh2 gives up      | the transport is aborted                                        |
// | the transport is lost | all waiting operations and all channels end with ConnectionLost |
//
// Pumping is fair: a channel sends one packet when its turn comes, and another one is first each
// time. And a session is fair to others: see TurnBudget. The steps of a handshake that would hold
// up the loop are made on another thread; nobody else calls libssh2 meanwhile, and what it wants to
// read was copied for it, what it sends goes out when it is back.

namespace rondo::ssh::detail {

class Channel;
class Interview;
class Watchdog;

/// What libssh2 needs before its first session, once in a program. Throws Error.
void set_up_libssh2();

class Session final : public Protocol {
 public:
  /// `peer`: "host:port", for messages.
  Session(Loop& loop, std::shared_ptr<TurnBudget> budget, std::string peer);
  ~Session() override;

  /// What the handles of a connection share: the last one closes it.
  static std::shared_ptr<Session> handle_of(std::shared_ptr<Session> session);

  // Protocol.
  void connection_made(Transport& transport) override;
  std::span<char> get_buffer() override;
  void buffer_updated(std::size_t count) override;
  void data_received(std::string_view bytes) override;
  void data_lent(std::string_view bytes) override;
  void keep_lent_bytes() override { arrived_.keep(); }
  void eof_received() override;
  void connection_lost(std::exception_ptr error) override;
  void resume_writing() override { pump_channels(); }

  LIBSSH2_SESSION* get() const noexcept { return session_; }
  const std::string& peer() const noexcept { return peer_; }
  bool lost() const noexcept { return transport_ == nullptr; }
  bool is_closing() const noexcept { return lost() || transport_->is_closing(); }
  /// True when the transport holds so much that channels should wait before they send more.
  bool congested() const noexcept;
  WipedMemory& memory() noexcept { return memory_; }
  /// Orders the control requests, whose state lives in the libssh2 session: one at a time.
  Semaphore& control() noexcept { return control_; }

  /// Who answers the server's questions while it asks them; null: nobody.
  Interview* interview() const noexcept { return interview_; }
  void set_interview(Interview* interview) noexcept { interview_ = interview; }

  /// Calls `call` until it returns something else than LIBSSH2_ERROR_EAGAIN, waiting for bytes in
  /// between. A call that was cancelled in between must never be followed by another one of its
  /// kind: see finish_request. Throws ConnectionLost when the connection has ended.
  template <class Call>
  Coroutine<int> drive(Call call) {
    for (;;) {
      co_await budget_->step();
      idle_receives_ = 0;
      const int result = call();
      if (is_end(result)) co_return result;
      co_await progress_.wait();
    }
  }
  /// The same before there are channels, for what computes more: while `takes_long()`, each call is
  /// made on a thread of the loop's executor. A cancellation waits for the one under way.
  Coroutine<int> drive_long(std::function<int()> call, std::function<bool()> takes_long);

  /// What the server has sent, up to `forget_greeting` or a bound: its offer stands in it.
  std::string_view greeting() const noexcept { return greeting_; }
  void forget_greeting() noexcept {
    keep_greeting_ = false;
    greeting_ = {};
  }

  /// libssh2's own words about the last call of `drive` that failed.
  const std::string& last_error() const noexcept { return error_text_; }
  int last_error_code() const noexcept { return error_code_; }
  /// Why the connection was lost, as an ssh::ConnectionLost.
  std::exception_ptr lost_error() const;

  void add_channel(rondo::detail::Ref<Channel> channel);
  void remove_channel(Channel& channel) noexcept;
  /// The number on our side of the channel that was opened last.
  std::uint32_t last_opened() const noexcept { return last_opened_; }
  void pump_channels();
  /// Pumps in the loop's next turn: what is written in between goes out together, and no reader is
  /// fed from inside its own call.
  void pump_soon();

  /// `pump` is called when bytes have come, until it returns false.
  void also_pump(std::function<bool()> pump) { also_pumped_.push_back(std::move(pump)); }
  /// Called once, when the transport is lost.
  void call_when_lost(std::function<void()> call) { when_lost_.push_back(std::move(call)); }
  Loop& loop() const noexcept { return loop_; }
  TurnBudget& budget() const noexcept { return *budget_; }
  /// Something that this session lives by, kept until its transport is lost: a jump host.
  void keep(std::any thing) { kept_.push_back(std::move(thing)); }

  void close();
  void abort();
  /// The same, and whoever uses the connection hears why.
  void close_because(std::string reason);
  void abort_because(std::string reason);
  /// From now on, until the transport is lost. See Options.
  void watch(std::unique_ptr<Watchdog> watchdog);
  /// Something goes or comes that is no question of the watchdog's.
  void used();
  /// While one of these lives, the server connects to somewhere for us, and may need minutes.
  class ServerConnects {
   public:
    explicit ServerConnects(Session& session) noexcept : session_(session) {
      session_.server_connects_ = true;
    }
    ServerConnects(const ServerConnects&) = delete;
    ServerConnects& operator=(const ServerConnects&) = delete;
    ~ServerConnects() { session_.server_connects_ = false; }

   private:
    Session& session_;
  };
  bool server_connects() const noexcept { return server_connects_; }
  /// From now on libssh2 is told that the connection is gone.
  void give_up() noexcept { given_up_ = true; }
  /// libssh2 can make nothing of what the server sends: aborts, and its last error is the reason.
  void fail();
  static Coroutine<void> wait_closed(std::shared_ptr<Session> session);

  // The two callbacks: how much was taken or given, or a negative errno.
  ssize_t send(std::string_view bytes);
  ssize_t receive(std::span<char> room);

  /// libssh2 gives a block of its memory back. What a server says of a command's end is in such a
  /// block, and nowhere else: libssh2 tells neither an exit status of 0 from none at all nor the
  /// whole of a signal.
  void block_freed(std::string_view block) noexcept;

 private:
  class Pump final : public rondo::detail::Runnable {
   public:
    explicit Pump(Session& session) noexcept : session_(session) {}
    void run() override { session_.pump_channels(); }

   private:
    Session& session_;
  };

  /// What a call on another thread reads and sends. While it lives, the loop's thread keeps away
  /// from libssh2.
  class Elsewhere {
   public:
    explicit Elsewhere(Session& session);
    Elsewhere(const Elsewhere&) = delete;
    Elsewhere& operator=(const Elsewhere&) = delete;
    ~Elsewhere();

    const std::string arrived;
    std::size_t taken = 0;  // of it
    std::string sent;
    std::atomic<bool> unwanted = false;  // whoever waits was cancelled

   private:
    Session& session_;
  };

  Coroutine<int> call_elsewhere(const std::function<int()>& call);
  /// Looks at what a call has come to: true if it has ended, false if it is to be made again.
  /// Throws ConnectionLost.
  bool is_end(int result);
  void bytes_arrived(std::string_view bytes);
  ssize_t nothing_to_receive();
  void took_bytes(std::size_t count);
  /// What has come goes to the channels' protocols, wanted or not: the connection ends.
  void hand_over_all();

  std::string libssh2_error() const;

  WipedMemory memory_;  // libssh2's; so it comes before the session and outlives it
  LIBSSH2_SESSION* session_;
  Loop& loop_;
  const std::shared_ptr<TurnBudget> budget_;
  Pump pump_{*this};
  std::string peer_;
  Transport* transport_ = nullptr;     // null before the connection is made and after it is lost
  rondo::detail::ByteBuffer arrived_;  // bytes for libssh2
  bool room_lent_ = false;             // the transport may write into that
  bool room_filled_ = false;           // and the last time it had use for all
  bool news_ = false;                  // something has happened since drive_long's last call
  Elsewhere* elsewhere_ = nullptr;     // not null: libssh2 is being called on another thread
  Interview* interview_ = nullptr;     // the login's, while it lasts
  std::string greeting_;               // a copy of the first ones, while the handshake lasts
  bool keep_greeting_ = true;          // until the handshake is over
  bool reading_paused_ = false;        // too many of them
  bool peer_eof_ = false;
  bool ended_here_ = false;  // by close or abort
  bool given_up_ = false;    // libssh2 is told that the connection is gone
  bool pumping_ = false;     // inside pump_channels
  bool server_connects_ = false;
  int idle_receives_ = 0;  // in a row that had nothing, within one call
  int error_code_ = 0;
  std::string error_text_;  // of the last call that failed; others overwrite libssh2's
  std::string reason_;      // why it was lost; empty: closed by us
  rondo::detail::SignalQueue progress_;
  rondo::detail::SignalQueue closed_;
  Semaphore control_{1};
  std::vector<rondo::detail::Ref<Channel>> channels_;
  std::vector<rondo::detail::Ref<Channel>> pumped_;  // those that pump_channels is busy with
  std::vector<std::function<bool()>> also_pumped_;
  std::vector<std::function<void()>> when_lost_;
  std::vector<std::any> kept_;
  std::unique_ptr<Watchdog> watchdog_;  // null: before the login, and once the transport is lost
  std::uint32_t last_opened_ = 0;
};

using SessionPtr = std::shared_ptr<Session>;

}  // namespace rondo::ssh::detail
