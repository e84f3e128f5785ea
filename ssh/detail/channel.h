#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <libssh2.h>

#include <rondo/runtime/detail/byte_buffer.h>
#include <rondo/runtime/detail/ref.h>
#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/stream_reader.h>
#include <rondo/runtime/transport.h>
#include <rondo/ssh/detail/exit_message.h>

// A channel of an SSH session as a transport. Its protocol may be a Stream, whose two ends are an
// ordinary StreamReader and StreamWriter, or another Session, which then runs through this one.
//
// The session pumps it whenever bytes have come: what libssh2 has for the channel goes to the
// protocol, unless that holds enough, and what waits to be sent goes to libssh2, as far as the
// server's window and our own transport allow.
//
// | the server says | then                                                                    |
// |-----------------|-------------------------------------------------------------------------|
// | EOF             | the protocol hears of the end when it has got all that came before      |
// | CLOSE           | the same, then we say CLOSE too, and the protocol loses its connection  |
//
// | we say          | then                                                                    |
// |-----------------|-------------------------------------------------------------------------|
// | write_eof       | EOF follows what was written; the server may go on                      |
// | close           | CLOSE follows what was written; what still comes is dropped             |

namespace rondo::ssh::detail {

class Session;

class Channel final : public rondo::detail::RefCounted<Channel>, public Transport {
 public:
  /// Of a channel that the server has opened: nothing is told about its end.
  static constexpr std::uint32_t no_number = UINT32_MAX;

  /// Takes over an open channel. `number`: its own on our side. `stderr_buffer` may be null: then
  /// what comes for it is dropped.
  Channel(std::shared_ptr<Session> session, LIBSSH2_CHANNEL* channel, std::uint32_t number,
          std::shared_ptr<Protocol> protocol,
          std::shared_ptr<rondo::detail::ReaderBuffer> stderr_buffer);

  /// What shares a channel until the last one goes, which closes it.
  static std::shared_ptr<Channel> handle_of(rondo::detail::Ref<Channel> channel);

  void write(std::string_view bytes) override;
  void write_eof() override;
  bool can_write_eof() const noexcept override { return true; }
  void close() override;
  void abort() override;
  bool is_closing() const noexcept override { return closing_; }
  void pause_reading() override { reading_paused_ = true; }
  void resume_reading() override;
  bool is_reading() const noexcept override { return !reading_paused_ && !closing_; }
  std::size_t get_write_buffer_size() const noexcept override { return queue_.size(); }

  /// Null once the channel is over; good for one call of libssh2.
  LIBSSH2_CHANNEL* get() const noexcept { return channel_; }
  std::uint32_t number() const noexcept { return number_; }
  const std::shared_ptr<Session>& session() const noexcept { return session_; }

  /// How the command on it has ended, as far as the server has told.
  const Exit& exit() const noexcept { return exit_; }
  void set_exit(Exit exit) noexcept { exit_ = std::move(exit); }
  bool over() const noexcept { return channel_ == nullptr; }
  /// What ended the connection before the channel did; null: nothing.
  const std::exception_ptr& error() const noexcept { return error_; }
  /// Tells the server the size of our terminal, in characters, as soon as that can be sent.
  void change_terminal_size(int columns, int rows);
  /// While one of these lives, the channel does not end: a command may be over before the answer to
  /// the request that began it was looked at.
  class Kept {
   public:
    explicit Kept(Channel& channel) noexcept : channel_(channel) { channel_.kept_ = true; }
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    ~Kept();

   private:
    Channel& channel_;
  };
  /// Waits until it is over.
  static Coroutine<void> wait_over(std::shared_ptr<Channel> channel);

  // For the session, which pumps.

  /// Hands over what has come; how many bytes that were.
  std::size_t receive();
  /// The same though the protocol has paused: there will be no later.
  void receive_all();
  /// Sends one packet; false when there is none, or no room for it.
  bool send_packet();
  /// Ends what is due to end.
  void finish_if_over();
  /// The session is over; `error` is null when we closed it.
  void session_lost(std::exception_ptr error);

 private:
  /// Pauses and resumes what comes on stderr alone. Nothing else of it is used.
  class StderrTransport final : public Transport {
   public:
    explicit StderrTransport(Channel& channel) noexcept : channel_(channel) {}
    void write(std::string_view) override {}
    void write_eof() override {}
    bool can_write_eof() const noexcept override { return false; }
    void close() override {}
    void abort() override {}
    bool is_closing() const noexcept override { return channel_.is_closing(); }
    std::size_t get_write_buffer_size() const noexcept override { return 0; }
    void pause_reading() override { channel_.stderr_paused_ = true; }
    void resume_reading() override;

   private:
    Channel& channel_;
  };

  void limits_changed() override { check_water_marks(*protocol_); }
  template <class Deliver>
  std::size_t receive_from(int stream_id, const bool& paused, Deliver deliver);
  void drop_all();
  /// False, and the session ends, when a call of libssh2 has failed for good.
  bool check(ssize_t result);
  void finish(std::exception_ptr error);

  std::shared_ptr<Session> session_;  // null once the channel is over
  LIBSSH2_CHANNEL* channel_;          // null once it is freed
  std::uint32_t number_;
  std::shared_ptr<Protocol> protocol_;
  std::shared_ptr<rondo::detail::ReaderBuffer> stderr_buffer_;
  StderrTransport stderr_transport_{*this};
  rondo::detail::ByteBuffer queue_;  // written, and not handed to libssh2
  rondo::detail::SignalQueue over_;
  Exit exit_;
  std::exception_ptr error_;
  std::optional<std::pair<int, int>> new_size_;  // columns and rows that wait to be sent
  bool reading_paused_ = false;
  bool stderr_paused_ = false;
  bool read_eof_ = false;   // the server will send no more, and the protocol knows
  bool write_eof_ = false;  // we end our direction when the queue is empty
  bool write_eof_sent_ = false;
  bool closing_ = false;  // freed as soon as the queue is empty and the server agrees
  bool kept_ = false;     // not yet, though: see Kept
};

}  // namespace rondo::ssh::detail
