#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>

#include <rondo/runtime/detail/byte_buffer.h>
#include <rondo/runtime/detail/member_operation.h>
#include <rondo/runtime/detail/ref.h>
#include <rondo/runtime/detail/runnable.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/loop.h>
#include <rondo/runtime/transport.h>

// ReadPipeTransport, WritePipeTransport: a transport over one end of a pipe.
//
// A pipe has one direction, so each end is a transport of its own; it can also be a terminal, or a
// socket of which only one direction is wanted. The reading end closes itself at the end of the
// stream. The writing end also notices, while nothing is being written, that nobody is left to read
// it. As with every transport, the descriptor is closed only when the kernel has answered all that
// names it. These are what asyncio's loop.connect_read_pipe and loop.connect_write_pipe return.
//
// The descriptor's flags stay as they are, since others may share them (the shell that the program
// was started from, as a rule). asyncio makes the descriptor non-blocking, for them too.

namespace rondo {

/// What both ends have in common.
class PipeTransport : public detail::RefCounted<PipeTransport>,
                      public Transport,
                      private detail::LoopResource {
 public:
  void abort() override { lose(nullptr); }
  bool is_closing() const noexcept override { return closing_; }

 protected:
  PipeTransport(Loop& loop, FileDescriptor pipe, std::shared_ptr<Protocol> protocol);
  virtual ~PipeTransport() = default;

  /// First of all: tells the protocol. The transport keeps itself alive from now on.
  void begin();
  /// The end; `error` says why, null for a plain close.
  void lose(std::exception_ptr error);
  /// To be called whenever an operation is answered after that.
  void close_when_idle();

  Loop& loop_;
  FileDescriptor pipe_;
  std::shared_ptr<Protocol> protocol_;  // null once the connection is lost
  bool closing_ = false;                // nothing new is taken any more
  bool lost_ = false;                   // and nothing that was taken is sent

 private:
  friend class detail::RefCounted<PipeTransport>;

  void loop_closing() noexcept override { abort(); }
  void close_done(int result) noexcept;
  /// Asks for the end of all that is in flight.
  virtual void cancel_operations() noexcept = 0;
  /// Is nothing in flight any more?
  virtual bool idle() const noexcept = 0;

  detail::MemberOperation<PipeTransport, &PipeTransport::close_done> close_{*this};
  std::exception_ptr error_;  // why the connection is lost; null for a plain close
};

/// The end that is read from.
class ReadPipeTransport final : public PipeTransport {
 public:
  /// Takes over a descriptor and starts reading from it.
  static detail::Ref<ReadPipeTransport> start(Loop& loop, FileDescriptor pipe,
                                              std::shared_ptr<Protocol> protocol);

  /// Throw RuntimeError: nothing can be written to this end.
  [[noreturn]] void write(std::string_view bytes) override;
  [[noreturn]] void write_eof() override;
  bool can_write_eof() const noexcept override { return false; }
  void close() override { abort(); }
  void pause_reading() override { reading_paused_ = true; }
  void resume_reading() override;
  std::size_t get_write_buffer_size() const noexcept override { return 0; }

 private:
  /// By then the tasks have emptied the buffer, and its room is free again.
  class EndOfTurn final : public detail::Runnable {
   public:
    explicit EndOfTurn(ReadPipeTransport& transport) noexcept : transport_(transport) {}
    void run() override { transport_.read_on(); }

   private:
    ReadPipeTransport& transport_;
  };

  using PipeTransport::PipeTransport;
  ~ReadPipeTransport() override = default;

  bool wants_to_read() const noexcept {
    return !reading_paused_ && !closing_ && !read_.in_flight() && !ready_.in_flight();
  }
  void start_reading();
  void read_on();
  void read_done(int result) noexcept;
  void ready_done(int result) noexcept;
  void cancel_operations() noexcept override;
  bool idle() const noexcept override { return !read_.in_flight() && !ready_.in_flight(); }

  detail::MemberOperation<ReadPipeTransport, &ReadPipeTransport::read_done> read_{*this};
  detail::MemberOperation<ReadPipeTransport, &ReadPipeTransport::ready_done> ready_{*this};
  EndOfTurn end_of_turn_{*this};
  bool reading_paused_ = false;
};

/// The end that is written to.
class WritePipeTransport final : public PipeTransport {
 public:
  /// Takes over a descriptor.
  static detail::Ref<WritePipeTransport> start(Loop& loop, FileDescriptor pipe,
                                               std::shared_ptr<Protocol> protocol);

  void write(std::string_view bytes) override;
  /// As `close`: the end of what is written is the end of the descriptor.
  void write_eof() override;
  bool can_write_eof() const noexcept override { return true; }
  void close() override;
  /// Do nothing: nothing is ever read here.
  void pause_reading() override {}
  void resume_reading() override {}
  std::size_t get_write_buffer_size() const noexcept override { return unsent(); }

 private:
  class EndOfTurn final : public detail::Runnable {
   public:
    explicit EndOfTurn(WritePipeTransport& transport) noexcept : transport_(transport) {}
    void run() override { transport_.flush(); }

   private:
    WritePipeTransport& transport_;
  };

  WritePipeTransport(Loop& loop, FileDescriptor pipe, std::shared_ptr<Protocol> protocol);
  ~WritePipeTransport() override = default;

  bool writing() const noexcept { return write_.in_flight() || ready_.in_flight(); }
  std::size_t unsent() const noexcept { return queue_.size() + sending_.size(); }
  void watch_readers();
  void start_writing();
  void flush();
  void send_rest();
  void write_done(int result) noexcept;
  void ready_done(int result) noexcept;
  void watch_done(int result) noexcept;
  void cancel_operations() noexcept override;
  bool idle() const noexcept override { return !writing() && !watch_.in_flight(); }

  detail::MemberOperation<WritePipeTransport, &WritePipeTransport::write_done> write_{*this};
  detail::MemberOperation<WritePipeTransport, &WritePipeTransport::ready_done> ready_{*this};
  detail::MemberOperation<WritePipeTransport, &WritePipeTransport::watch_done> watch_{*this};
  EndOfTurn end_of_turn_{*this};
  detail::ByteBuffer queue_;    // written, and not handed to the kernel
  detail::ByteBuffer sending_;  // in the kernel's hands; stays in place while write_ is in flight
  std::uint32_t most_at_once_;  // bytes that one write may hand over without blocking anybody
  bool can_lose_readers_;       // is there somebody at the other end who may go?
  bool write_eof_ = false;
};

}  // namespace rondo
