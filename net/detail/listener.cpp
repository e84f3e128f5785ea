#include <cerrno>

#include <fcntl.h>
#include <sys/socket.h>

#include <rondo/net/detail/listener.h>
#include <rondo/runtime/errors.h>

namespace rondo::detail {

namespace {

bool out_of_resources(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM;
}

}  // namespace

Listener::Listener(Loop& loop, FileDescriptor socket, SocketFile file, Owner& owner)
    : loop_(loop), socket_(std::move(socket)), file_(std::move(file)), owner_(owner) {
  loop_.add_resource(*this);
}

void Listener::listen(int backlog, const Address& address) {
  if (::listen(socket_.get(), backlog) != 0) throw_os_error(errno, "listen at " + address.text());
  accept();
}

void Listener::accept() {
  retry_ = TimerHandle();
  const bool many = loop_.driver().answers_many();
  loop_.driver().prepare(*this, {many ? Opcode::accept_many : Opcode::accept, socket_.get()});
}

void Listener::client_arrived(int descriptor) noexcept {
  FileDescriptor client(descriptor);
  // The kernel may hand over a client in spite of the cancel; it is closed by leaving here.
  if (!closing_) owner_.client_arrived(std::move(client));
}

void Listener::partial(int result, const char*) noexcept {
  if (result >= 0) client_arrived(result);
}

void Listener::complete(int result) noexcept {
  if (result >= 0) client_arrived(result);
  if (close_.in_flight()) return;  // the owner has closed this just now
  if (closing_) {
    close_.begin();
  } else if (result < 0 && out_of_resources(-result)) {
    pause(-result);
  } else {
    accept();
  }
}

// The client stays in the kernel's queue; asking again at once would only spin.
void Listener::pause(int error_number) {
  loop_.call_exception_handler(
      {"the server is out of descriptors or memory and pauses accepting for a second",
       make_os_error(error_number, "accept"),
       {},
       {}});
  retry_ = loop_.call_later(std::chrono::seconds(1), [this] { accept(); });
}

void Listener::close() noexcept {
  if (closing_) return;
  closing_ = true;
  if (in_flight()) {
    loop_.driver().cancel(*this);
  } else {
    retry_.cancel();
    close_.begin();
  }
}

void Listener::CloseOperation::begin() {
  listener_.file_.empty() ? close() : look();
}

void Listener::CloseOperation::look() {
  step_ = Step::look;
  Request request{Opcode::stat, AT_FDCWD, listener_.file_.path()};
  request.second = &found_;
  listener_.loop_.driver().prepare(*this, request);
}

void Listener::CloseOperation::remove() {
  step_ = Step::remove;
  listener_.loop_.driver().prepare(*this, {Opcode::unlink, AT_FDCWD, listener_.file_.path()});
}

void Listener::CloseOperation::close() {
  step_ = Step::close;
  listener_.loop_.driver().prepare(*this, {Opcode::close, listener_.socket_.get()});
}

void Listener::CloseOperation::complete(int result) noexcept {
  if (step_ == Step::look && result == 0 && listener_.file_.is(found_)) {
    remove();
  } else if (step_ != Step::close) {
    close();
  } else {
    listener_.socket_.close_answered(result);
    listener_.LoopResource::unlink();
    listener_.owner_.listener_closed();
  }
}

}  // namespace rondo::detail
