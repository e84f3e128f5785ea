#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include <rondo/runtime/detail/byte_buffer.h>
#include <rondo/runtime/detail/runnable.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/transport.h>

// DescriptorTransport: a transport over a connected socket.
//
// At the end of each turn of the loop, what was written in it goes out in one send, and a receive
// is put in flight unless one is or reading is paused: by then the tasks have taken out of the
// buffer what came last, and its room is free again. It keeps itself alive until the descriptor is
// closed, and closes that only when the kernel has answered everything that names it; so neither
// the transport's nor the protocol's memory is ever written to too late.

namespace rondo {

class DescriptorTransport final : public detail::RefCounted<DescriptorTransport>,
                                  public Transport,
                                  private detail::LoopResource {
 public:
  /// Takes over a connected stream socket, makes the connection known to the protocol, which finds
  /// `info` in it, and starts reading. What `connection_made` throws is thrown on, and the
  /// connection is aborted.
  static detail::Ref<DescriptorTransport> start(Loop& loop, FileDescriptor socket,
                                                std::shared_ptr<Protocol> protocol,
                                                ExtraInfo info = ExtraInfo());

  /// `callback` is called after the descriptor is closed and the protocol was told; for a server
  /// that counts its connections.
  void on_closed(std::function<void()> callback) { on_closed_ = std::move(callback); }

  void write(std::string_view bytes) override;
  void write_eof() override;
  bool can_write_eof() const noexcept override { return true; }
  void close() override;
  void abort() override;
  bool is_closing() const noexcept override { return closing_; }
  void pause_reading() override;
  void resume_reading() override;
  bool is_reading() const noexcept override { return !reading_paused_ && !closing_; }
  std::size_t get_write_buffer_size() const noexcept override { return unsent(); }
  std::shared_ptr<Protocol> get_protocol() const override { return protocol_; }
  void set_protocol(std::shared_ptr<Protocol> protocol) override;

 private:
  class ReadOperation final : public Operation {
   public:
    explicit ReadOperation(DescriptorTransport& transport) noexcept : transport_(transport) {}
    void complete(int result) noexcept override { transport_.read_done(result); }
    void partial(int result, const char* bytes) noexcept override {
      transport_.bytes_arrived({bytes, static_cast<std::size_t>(result)});
    }

   private:
    DescriptorTransport& transport_;
  };
  class WriteOperation final : public Operation {
   public:
    explicit WriteOperation(DescriptorTransport& transport) noexcept : transport_(transport) {}
    void complete(int result) noexcept override { transport_.write_done(result); }

   private:
    DescriptorTransport& transport_;
  };
  class CloseOperation final : public Operation {
   public:
    explicit CloseOperation(DescriptorTransport& transport) noexcept : transport_(transport) {}
    void complete(int result) noexcept override { transport_.close_done(result); }

   private:
    DescriptorTransport& transport_;
  };
  /// What was written and wanted in a turn goes to the kernel at its end.
  class EndOfTurn final : public detail::Runnable {
   public:
    explicit EndOfTurn(DescriptorTransport& transport) noexcept : transport_(transport) {}
    void run() override { transport_.end_turn(); }

   private:
    DescriptorTransport& transport_;
  };

  /// How the next receive is asked for.
  ///
  /// | from | when                                       | to   |
  /// |------|--------------------------------------------|------|
  /// | many | the driver's buffers have run out, or      | one  |
  /// |      | a piece has filled one                     |      |
  /// | one  | a piece is small, and has not filled room_ | many |
  ///
  /// Small pieces cost least when one request brings many of them, and a connection that is idle
  /// has no memory then. Big ones are better received where they are wanted: nothing is copied,
  /// and they may be as big as the room.
  enum class Reading : std::uint8_t { many, one };
  static constexpr int small_piece = 4 * 1024;  // bytes; half of such a buffer

  DescriptorTransport(Loop& loop, FileDescriptor socket, std::shared_ptr<Protocol> protocol);
  friend class detail::RefCounted<DescriptorTransport>;
  ~DescriptorTransport() = default;

  void loop_closing() noexcept override { abort(); }
  void limits_changed() override {
    if (!closing_) check_water_marks(*protocol_);
  }
  std::size_t unsent() const noexcept { return queue_.size() + sending_.size(); }
  void start_reading();
  void end_turn();
  void read_on();
  void stop_many();
  void start_writing();
  void bytes_arrived(std::string_view bytes) noexcept;
  void read_done(int result) noexcept;
  void flush();
  void send_rest();
  void write_done(int result) noexcept;
  void go_on_writing(int result);
  [[noreturn]] static void refuse_write();
  void fail(int result, const char* what);
  void lose(std::exception_ptr error);
  void close_when_idle();
  void close_done(int result) noexcept;

  Loop& loop_;
  FileDescriptor socket_;
  std::shared_ptr<Protocol> protocol_;  // null once the connection is lost
  std::span<char> room_;                // where a receive in flight puts its bytes
  std::shared_ptr<Protocol> former_;    // whose room that is; null: protocol_'s
  ReadOperation read_{*this};
  WriteOperation write_{*this};
  CloseOperation close_{*this};
  EndOfTurn end_of_turn_{*this};
  detail::ByteBuffer queue_;  // written, and not handed to the kernel
  detail::ByteBuffer
      sending_;  // in the kernel's hands; it stays in place while write_ is in flight
  std::function<void()> on_closed_;  // empty: nobody asks
  std::exception_ptr error_;         // why the connection is lost; null for a plain close
  Reading reading_ = Reading::many;
  bool lent_ = false;          // protocol_ has bytes that are the driver's
  bool many_stopped_ = false;  // a request of many answers was cancelled, to go on in another way
  bool reading_paused_ = false;
  bool read_eof_ = false;   // the peer has ended its direction
  bool write_eof_ = false;  // we end ours when the queue is empty
  bool closing_ = false;    // close, abort or an error: nothing is read any more
  bool lost_ = false;       // nothing is sent any more either
};

}  // namespace rondo
