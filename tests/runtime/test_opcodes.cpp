// Every opcode gives the same answers on every way to the kernel: one table, asked of the ring, of
// epoll and of the simulated kernel. (The file is long because the table is.)

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <rondo/runtime/simulated_kernel.h>

#include "counted_operation.h"
#include "drivers.h"
#include "test_stream_fixture.h"

TEST_SUITE_BEGIN("real kernel");

namespace {

using namespace rondo;
using namespace rondo::test;
namespace fs = std::filesystem;

constexpr int no_descriptor = 1'000'000;  // that is open

FileDescriptor opened(const fs::path& path, int flags) {
  return FileDescriptor(::open(path.c_str(), flags | O_CLOEXEC));
}

FileDescriptor internet_socket() {
  return FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/// Somebody to ask, and a few things to ask about: the file "file" with three bytes in it, the
/// directory "full" with a file in it, and one byte of memory.
class World {
 public:
  explicit World(const DriverKind& kind) : driver_(kind.make()) {
    std::string pattern = (fs::temp_directory_path() / "rondo-opcodes-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    directory = pattern;
    std::ofstream(directory / "file") << "abc";
    fs::create_directory(directory / "full");
    std::ofstream(directory / "full" / "file") << "x";
    here = opened(directory, O_RDONLY | O_DIRECTORY);
    file = opened(directory / "file", O_RDWR);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() { fs::remove_all(directory); }

  /// The answer. Half-way through, when it has been asked for and the driver has waited in vain,
  /// `meanwhile` is called.
  int ask(const Request& request, const std::function<void()>& meanwhile = {}) {
    CountedOperation operation;
    operation.ask(*driver_, request);
    if (meanwhile) {
      for (int turn = 0; turn < 10; ++turn)
        turn_once(std::chrono::milliseconds(1));
      // The simulated kernel does that now and then.
      if (!operation.in_flight() && operation.result == -EINTR) return ask(request, meanwhile);
      CHECK(operation.in_flight());
      meanwhile();
    }
    for (int turn = 0; turn < 1000 && operation.in_flight(); ++turn)
      turn_once(std::chrono::milliseconds(10));
    if (operation.in_flight()) {
      driver_->cancel(operation);
      REQUIRE(finish(*driver_, 1000));
    }
    CHECK(operation.answers == 1);
    return operation.result == -EINTR ? ask(request) : operation.result;
  }
  /// Of one byte, from or to `byte`.
  int ask(Opcode opcode, int fd, std::uint64_t offset = Request::current_position) {
    return ask(Request{opcode, fd, &byte, 1, 0, offset});
  }
  /// Of a message of one byte.
  int ask_message(Opcode opcode, int fd) {
    iovec piece{&byte, 1};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    return ask(Request{opcode, fd, &message});
  }
  /// Of something with a name.
  int ask_path(Opcode opcode, std::string path, std::uint32_t flags = 0, std::uint32_t mode = 0,
               std::string second = {}) {
    return ask(Request{opcode, here.get(), path.data(), mode, flags, 0, second.data()});
  }
  int ask_poll(int fd, int events) {
    return ask(Request{Opcode::poll, fd, nullptr, 0, static_cast<std::uint32_t>(events)});
  }
  /// Of a connection to the Unix socket of that name.
  int ask_to_connect(int fd, const std::string& name) {
    sockaddr_un address = address_of(name);
    return ask(Request{Opcode::connect, fd, &address, sizeof address});
  }
  sockaddr_un address_of(const std::string& name) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = (directory / name).string();
    REQUIRE(path.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    return address;
  }
  /// A Unix socket that has the name.
  FileDescriptor bound(const std::string& name) const {
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_of(name);
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    REQUIRE(::bind(socket.get(), generic, sizeof address) == 0);
    return socket;
  }
  /// The same, and one may connect to it.
  FileDescriptor listening(const std::string& name) const {
    FileDescriptor socket = bound(name);
    REQUIRE(::listen(socket.get(), 5) == 0);
    return socket;
  }

  fs::path directory;
  FileDescriptor here;  // the directory
  FileDescriptor file;
  char byte = 'x';

 private:
  void turn_once(Duration limit) {
    driver_->submit_and_wait(limit);
    driver_->reap();
  }

  std::unique_ptr<Driver> driver_;
};

/// A descriptor that an answer has brought is closed, and counts as 1 if it is closed on exec.
int tidied_up(int answer) {
  if (answer < 0) return answer;
  const FileDescriptor fd(answer);
  return ::fcntl(answer, F_GETFD) == FD_CLOEXEC ? 1 : 2;
}

struct Row {
  const char* what;
  int answer;
  int (*ask)(World&);
};

const std::vector<Row>& sockets() {
  static const std::vector<Row> rows{
      {"nop", 0, [](World& world) { return world.ask(Request{}); }},
      {"an opcode that there is not", -EINVAL,
       [](World& world) { return world.ask(Request{nonsense}); }},

      {"accept on no descriptor", -EBADF,
       [](World& world) { return world.ask(Opcode::accept, no_descriptor); }},
      {"accept on a file", -ENOTSOCK,
       [](World& world) { return world.ask(Opcode::accept, world.file.get()); }},
      {"accept on a pipe", -ENOTSOCK,
       [](World& world) {
         auto [from, to] = new_pipe();
         return world.ask(Opcode::accept, from.get());
       }},
      {"accept on a socket that does not listen", -EINVAL,
       [](World& world) {
         const FileDescriptor socket = world.bound("socket");
         return world.ask(Opcode::accept, socket.get());
       }},
      {"accept", 1,
       [](World& world) {
         const FileDescriptor listener = world.listening("socket");
         const FileDescriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
         CHECK(world.ask_to_connect(client.get(), "socket") == 0);
         return tidied_up(world.ask(Opcode::accept, listener.get()));
       }},
      {"accept before anybody connects", 1,
       [](World& world) {
         const FileDescriptor listener = world.listening("socket");
         const FileDescriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
         const sockaddr_un address = world.address_of("socket");
         return tidied_up(world.ask(Request{Opcode::accept, listener.get()}, [&] {
           const auto* generic = reinterpret_cast<const sockaddr*>(&address);
           CHECK(::connect(client.get(), generic, sizeof address) == 0);
         }));
       }},

      {"connect no descriptor", -EBADF,
       [](World& world) { return world.ask_to_connect(no_descriptor, "socket"); }},
      {"connect a file", -ENOTSOCK,
       [](World& world) { return world.ask_to_connect(world.file.get(), "socket"); }},
      {"connect to a name that is missing", -ENOENT,
       [](World& world) {
         const FileDescriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
         return world.ask_to_connect(client.get(), "socket");
       }},
      {"connect to a Unix socket at which nobody listens", -ECONNREFUSED,
       [](World& world) {
         const FileDescriptor deaf = world.bound("socket");
         const FileDescriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
         return world.ask_to_connect(client.get(), "socket");
       }},
      {"connect to a port at which nobody listens", -ECONNREFUSED,
       [](World& world) {
         const FileDescriptor deaf = internet_socket();  // its port is nobody else's
         sockaddr_in address{};
         address.sin_family = AF_INET;
         address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
         socklen_t length = sizeof address;
         auto* generic = reinterpret_cast<sockaddr*>(&address);
         CHECK(::bind(deaf.get(), generic, length) == 0);
         CHECK(::getsockname(deaf.get(), generic, &length) == 0);
         const FileDescriptor client = internet_socket();
         return world.ask(Request{Opcode::connect, client.get(), &address, sizeof address});
       }},
      {"connect to a port", 0,
       [](World& world) {
         const FileDescriptor listener = internet_socket();
         CHECK(::listen(listener.get(), 5) == 0);
         sockaddr_in address{};
         socklen_t length = sizeof address;
         CHECK(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
         const FileDescriptor client = internet_socket();
         const int answer =
             world.ask(Request{Opcode::connect, client.get(), &address, sizeof address});
         CHECK(::fcntl(client.get(), F_GETFL) == O_RDWR);  // still, or again, blocking
         return answer;
       }},

      {"receive from no descriptor", -EBADF,
       [](World& world) { return world.ask(Opcode::receive, no_descriptor); }},
      {"receive from a file", -ENOTSOCK,
       [](World& world) {
         const int answer = world.ask(Opcode::receive, world.file.get());
         return answer == -EAGAIN ? -ENOTSOCK : answer;  // of a ring that looks before it receives
       }},
      {"receive from a socket that is not connected", -ENOTCONN,
       [](World& world) {
         const FileDescriptor socket = internet_socket();
         return world.ask(Opcode::receive, socket.get());
       }},
      {"receive the end of the stream", 0,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         const FileDescriptor gone = std::exchange(peer, FileDescriptor());
         ::shutdown(gone.get(), SHUT_WR);
         return world.ask(Opcode::receive, mine.get());
       }},
      {"receive a byte", 1,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         send_now(peer, "y");
         const int answer = world.ask(Opcode::receive, mine.get());
         CHECK(world.byte == 'y');
         return answer;
       }},
      {"receive a byte that is not there yet", 1,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         const Request request{Opcode::receive, mine.get(), &world.byte, 1};
         const int answer = world.ask(request, [&peer] { send_now(peer, "y"); });
         CHECK(world.byte == 'y');
         return answer;
       }},
      {"receive the end that is not there yet", 0,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         const Request request{Opcode::receive, mine.get(), &world.byte, 1};
         return world.ask(request, [&peer] { ::shutdown(peer.get(), SHUT_WR); });
       }},

      {"send to no descriptor", -EBADF,
       [](World& world) { return world.ask(Opcode::send, no_descriptor); }},
      {"send to a file", -ENOTSOCK,
       [](World& world) { return world.ask(Opcode::send, world.file.get()); }},
      {"send to who has gone", -EPIPE,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         ::shutdown(peer.get(), SHUT_RD);
         return world.ask(Opcode::send, mine.get());
       }},
      {"send a byte", 1,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         const int answer = world.ask(Opcode::send, mine.get());
         CHECK(receive_now(peer) == "x");
         return answer;
       }},

      {"a message from no descriptor", -EBADF,
       [](World& world) { return world.ask_message(Opcode::receive_message, no_descriptor); }},
      {"a message from a file", -ENOTSOCK,
       [](World& world) { return world.ask_message(Opcode::receive_message, world.file.get()); }},
      {"a message", 1,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         CHECK(world.ask_message(Opcode::send_message, mine.get()) == 1);
         return world.ask_message(Opcode::receive_message, peer.get());
       }},
      {"a message to no descriptor", -EBADF,
       [](World& world) { return world.ask_message(Opcode::send_message, no_descriptor); }},
      {"a message to who has gone", -EPIPE,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         ::shutdown(peer.get(), SHUT_RD);
         return world.ask_message(Opcode::send_message, mine.get());
       }},
  };
  return rows;
}

const std::vector<Row>& descriptors() {
  static const std::vector<Row> rows{
      {"read no descriptor", -EBADF,
       [](World& world) { return world.ask(Opcode::read, no_descriptor); }},
      {"read a directory", -EISDIR,
       [](World& world) { return world.ask(Opcode::read, world.here.get(), 0); }},
      {"read what is open for writing", -EBADF,
       [](World& world) {
         const FileDescriptor file = opened(world.directory / "file", O_WRONLY);
         return world.ask(Opcode::read, file.get(), 0);
       }},
      {"read a file, one byte after the other", 1,
       [](World& world) {
         CHECK(world.ask(Opcode::read, world.file.get()) == 1);
         CHECK(world.byte == 'a');
         const int answer = world.ask(Opcode::read, world.file.get());
         CHECK(world.byte == 'b');
         return answer;
       }},
      {"read a file in its middle", 1,
       [](World& world) {
         const int answer = world.ask(Opcode::read, world.file.get(), 2);
         CHECK(world.byte == 'c');
         return answer;
       }},
      {"read a file at its end", 0,
       [](World& world) { return world.ask(Opcode::read, world.file.get(), 3); }},
      {"read nothing", 0,
       [](World& world) { return world.ask(Request{Opcode::read, world.file.get()}); }},
      {"read into no memory", -EFAULT,
       [](World& world) {
         return world.ask(Request{Opcode::read, world.file.get(), nullptr, 1, 0, 0});
       }},
      {"read a pipe", 1,
       [](World& world) {
         auto [from, to] = new_pipe();
         CHECK(::write(to.get(), "y", 1) == 1);
         return world.ask(Opcode::read, from.get());
       }},
      {"read a pipe, at an offset that it has not", 1,
       [](World& world) {
         auto [from, to] = new_pipe();
         CHECK(::write(to.get(), "y", 1) == 1);
         return world.ask(Opcode::read, from.get(), 0);
       }},
      {"read a pipe with nothing in it yet", 1,
       [](World& world) {
         auto [from, to] = new_pipe();
         const Request request{Opcode::read, from.get(), &world.byte, 1};
         return world.ask(request, [&to] { CHECK(::write(to.get(), "y", 1) == 1); });
       }},
      {"read the end of a pipe", 0,
       [](World& world) {
         auto [from, to] = new_pipe();
         {
           const FileDescriptor gone = std::move(to);
         }
         return world.ask(Opcode::read, from.get());
       }},
      {"read a socket", 1,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         send_now(peer, "y");
         return world.ask(Opcode::read, mine.get());
       }},
      {"read a device", 0,
       [](World& world) {
         const FileDescriptor device = opened("/dev/null", O_RDWR);
         return world.ask(Opcode::read, device.get());
       }},

      {"write to no descriptor", -EBADF,
       [](World& world) { return world.ask(Opcode::write, no_descriptor); }},
      {"write to what is open for reading", -EBADF,
       [](World& world) {
         const FileDescriptor file = opened(world.directory / "file", O_RDONLY);
         return world.ask(Opcode::write, file.get(), 0);
       }},
      {"write to a file", 1,
       [](World& world) {
         const int answer = world.ask(Opcode::write, world.file.get(), 3);
         CHECK(fs::file_size(world.directory / "file") == 4);
         return answer;
       }},
      {"write to a full device", -ENOSPC,
       [](World& world) {
         const FileDescriptor device = opened("/dev/full", O_RDWR);
         return world.ask(Opcode::write, device.get());
       }},
      {"write to a pipe", 1,
       [](World& world) {
         auto [from, to] = new_pipe();
         return world.ask(Opcode::write, to.get());
       }},
      {"write to a pipe that nobody reads", -EPIPE,
       [](World& world) {
         auto [from, to] = new_pipe();
         {
           const FileDescriptor gone = std::move(from);
         }
         return world.ask(Opcode::write, to.get());
       }},
      {"write to a socket", 1,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         return world.ask(Opcode::write, mine.get());
       }},

      {"poll no descriptor", -EBADF,
       [](World& world) { return world.ask_poll(no_descriptor, POLLIN); }},
      {"poll a file", POLLIN | POLLOUT,
       [](World& world) { return world.ask_poll(world.file.get(), POLLIN | POLLOUT); }},
      {"poll a pipe with a byte in it", POLLIN,
       [](World& world) {
         auto [from, to] = new_pipe();
         CHECK(::write(to.get(), "y", 1) == 1);
         return world.ask_poll(from.get(), POLLIN);
       }},
      {"poll a pipe whose other end is closed", POLLHUP,
       [](World& world) {
         auto [from, to] = new_pipe();
         {
           const FileDescriptor gone = std::move(to);
         }
         return world.ask_poll(from.get(), POLLIN);
       }},
      {"poll until there is a byte", POLLIN,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         const Request request{Opcode::poll, mine.get(), nullptr, 0, POLLIN};
         return world.ask(request, [&peer] { send_now(peer, "y"); });
       }},

      {"close no descriptor", -EBADF,
       [](World& world) { return world.ask(Opcode::close, no_descriptor); }},
      {"close a file", 0,
       [](World& world) {
         const int fd = world.file.release();
         const int answer = world.ask(Opcode::close, fd);
         CHECK(::fcntl(fd, F_GETFD) == -1);
         return answer;
       }},
      {"close a socket", 0,
       [](World& world) {
         auto [mine, peer] = socket_pair();
         const int answer = world.ask(Opcode::close, mine.release());
         CHECK(receive_now(peer) == "");
         return answer;
       }},
      {"fsync no descriptor", -EBADF,
       [](World& world) { return world.ask(Opcode::fsync, no_descriptor); }},
      {"fsync a pipe", -EINVAL,
       [](World& world) {
         auto [from, to] = new_pipe();
         return world.ask(Opcode::fsync, to.get());
       }},
      {"fsync a file", 0, [](World& world) { return world.ask(Opcode::fsync, world.file.get()); }},
  };
  return rows;
}

const std::vector<Row>& paths() {
  static const std::vector<Row> rows{
      {"open what is missing", -ENOENT,
       [](World& world) { return world.ask_path(Opcode::open, "missing", O_RDONLY); }},
      {"open a file below a file", -ENOTDIR,
       [](World& world) { return world.ask_path(Opcode::open, "file/file", O_RDONLY); }},
      {"open a directory for writing", -EISDIR,
       [](World& world) { return world.ask_path(Opcode::open, "full", O_WRONLY); }},
      {"open anew what exists", -EEXIST,
       [](World& world) {
         return world.ask_path(Opcode::open, "file", O_CREAT | O_EXCL | O_WRONLY, 0600);
       }},
      {"open below what is no directory", -EBADF,
       [](World& world) {
         std::string name = "file";
         return world.ask(Request{Opcode::open, no_descriptor, name.data()});
       }},
      {"open a file", 1,
       [](World& world) { return tidied_up(world.ask_path(Opcode::open, "file", O_RDONLY)); }},
      {"open a new file", 0600,
       [](World& world) {
         CHECK(tidied_up(world.ask_path(Opcode::open, "new", O_CREAT | O_WRONLY, 0600)) == 1);
         return static_cast<int>(fs::status(world.directory / "new").permissions());
       }},

      {"stat what is missing", -ENOENT,
       [](World& world) {
         struct statx status{};
         std::string name = "missing";
         return world.ask(Request{Opcode::stat, world.here.get(), name.data(), 0, 0, 0, &status});
       }},
      {"stat a file", 3,
       [](World& world) {
         struct statx status{};
         std::string name = "file";
         CHECK(world.ask(Request{Opcode::stat, world.here.get(), name.data(), 0, 0, 0, &status}) ==
               0);
         return static_cast<int>(status.stx_size);
       }},

      {"rename what is missing", -ENOENT,
       [](World& world) { return world.ask_path(Opcode::rename, "missing", 0, 0, "file"); }},
      {"rename a file to a directory's name", -EISDIR,
       [](World& world) { return world.ask_path(Opcode::rename, "file", 0, 0, "full"); }},
      {"rename a file", 0,
       [](World& world) {
         const int answer = world.ask_path(Opcode::rename, "file", 0, 0, "other");
         CHECK(fs::exists(world.directory / "other"));
         return answer;
       }},

      {"unlink what is missing", -ENOENT,
       [](World& world) { return world.ask_path(Opcode::unlink, "missing"); }},
      {"unlink a directory as if it were a file", -EISDIR,
       [](World& world) { return world.ask_path(Opcode::unlink, "full"); }},
      {"unlink a directory that is not empty", -ENOTEMPTY,
       [](World& world) { return world.ask_path(Opcode::unlink, "full", AT_REMOVEDIR); }},
      {"unlink a file", 0,
       [](World& world) {
         const int answer = world.ask_path(Opcode::unlink, "file");
         CHECK_FALSE(fs::exists(world.directory / "file"));
         return answer;
       }},

      {"mkdir what exists", -EEXIST,
       [](World& world) { return world.ask_path(Opcode::mkdir, "full", 0, 0700); }},
      {"mkdir below what is missing", -ENOENT,
       [](World& world) { return world.ask_path(Opcode::mkdir, "missing/new", 0, 0700); }},
      {"mkdir", 0,
       [](World& world) {
         const int answer = world.ask_path(Opcode::mkdir, "new", 0, 0700);
         CHECK(fs::is_directory(world.directory / "new"));
         return answer;
       }},
  };
  return rows;
}

std::vector<DriverKind> all_drivers() {
  std::vector<DriverKind> kinds = real_drivers();
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    kinds.push_back({"simulated kernel, seed " + std::to_string(seed),
                     [seed] { return std::make_unique<SimulatedKernel>(seed); }});
  }
  return kinds;
}

void check_on_all(const std::vector<Row>& rows) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);  // a broken pipe is an answer here
  for (const DriverKind& kind : all_drivers()) {
    CAPTURE(kind.name);
    for (const Row& row : rows) {
      const std::string what = row.what;
      CAPTURE(what);
      World world(kind);
      CHECK(row.ask(world) == row.answer);
    }
  }
  std::signal(SIGPIPE, before);
}

TEST_CASE("[fault 7] what is asked of sockets has the same answers with and without io_uring") {
  check_on_all(sockets());
}

TEST_CASE("[fault 7] what is asked of descriptors has the same answers with and without io_uring") {
  check_on_all(descriptors());
}

TEST_CASE("[fault 7] what is asked of paths has the same answers with and without io_uring") {
  check_on_all(paths());
}

}  // namespace

TEST_SUITE_END();
