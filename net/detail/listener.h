#pragma once

#include <rondo/net/address.h>
#include <rondo/net/detail/socket_file.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/loop.h>

namespace rondo::detail {

/// One listening socket: from `listen` on an accept is in flight, until it is closed; it is one
/// request for all clients where the driver knows such, and one for each where not. When
/// descriptors or memory are short it says so, and pauses for a second.
class Listener final : private Operation, private LoopResource {
 public:
  /// Who gets the clients. It outlives the listener.
  class Owner {
   public:
    /// A client has connected; the descriptor is the owner's now.
    virtual void client_arrived(FileDescriptor socket) noexcept = 0;
    /// The answer to `close`: the kernel names nothing of the listener any more. It may be
    /// destroyed in this call.
    virtual void listener_closed() noexcept = 0;
    /// The loop closes; all listeners are to be closed now.
    virtual void close() noexcept = 0;

   protected:
    ~Owner() = default;
  };

  /// Takes over a bound stream socket, and its file, which is removed before the socket is closed.
  Listener(Loop& loop, FileDescriptor socket, SocketFile file, Owner& owner);

  /// Clients may connect from now on, `backlog` of them before they are accepted. Throws OSError,
  /// which names `address`.
  void listen(int backlog, const Address& address);
  /// Nobody may connect any more; `listener_closed` comes when that is so.
  void close() noexcept;

 private:
  /// The way to the end: each step is asked for when the one before is answered.
  class CloseOperation final : public Operation {
   public:
    explicit CloseOperation(Listener& listener) noexcept : listener_(listener) {}
    void begin();
    void complete(int result) noexcept override;

   private:
    enum class Step : unsigned char {
      look,    // at the file: is it still ours?
      remove,  // the file; left out unless it is
      close,   // the socket
    };
    void look();
    void remove();
    void close();

    Listener& listener_;
    Step step_ = Step::close;  // the one that is in flight
    struct statx found_{};
  };

  void loop_closing() noexcept override { owner_.close(); }
  void partial(int result, const char* bytes) noexcept override;
  void complete(int result) noexcept override;
  void client_arrived(int descriptor) noexcept;
  void accept();
  void pause(int error_number);

  Loop& loop_;
  FileDescriptor socket_;
  SocketFile file_;  // empty: there is none to remove
  Owner& owner_;
  CloseOperation close_{*this};
  TimerHandle retry_;  // armed while descriptors are short
  bool closing_ = false;
};

}  // namespace rondo::detail
