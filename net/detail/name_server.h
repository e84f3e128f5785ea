#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

#include <rondo/net/address.h>
#include <rondo/runtime/clock.h>
#include <rondo/runtime/coroutine.h>

struct ares_channeldata;

// One question to one name server.
//
// c-ares writes the question, reads the answer, matches the two and turns to TCP when an answer was
// truncated. All the rest is ours: which server, which name, how often and how long. For each
// question there is a channel of its own, with sockets of its own, in the frame of the coroutine
// that asks; it goes when the coroutine does, for whatever reason, and with it everything that
// c-ares could still call or write to. And a port and a number of its own for each question are
// what keeps a stranger from guessing an answer's.

namespace rondo::detail {

/// What is asked: a name's addresses of a family, or of both (AF_UNSPEC); or the name of an
/// address.
class Question {
 public:
  Question(std::string asked_name, int asked_family)
      : name(std::move(asked_name)), family(asked_family) {}
  explicit Question(const Address& of_address) : address(of_address) {}

  std::string name;  // empty: the name of `address` is asked for
  int family = AF_UNSPEC;
  Address address;
};

/// What came of it.
class Reply {
 public:
  enum class Kind : std::uint8_t {
    found,         ///< the addresses, or the name
    no_data,       ///< the name exists, but not with addresses of that family
    no_such_name,  ///< it does not exist
    unanswered,    ///< nothing that could be an answer came
    unavailable,   ///< the server could not be spoken with, or cannot find out now: `reason`
    failed,        ///< it will not answer, or its answer is none: `reason`
  };

  /// Would another server say the same?
  bool is_final() const noexcept { return kind < Kind::unanswered; }

  Kind kind = Kind::unanswered;
  std::vector<Address> addresses;  // with port 0; those of IPv6 first, each in the server's order
  std::string name;
  std::string reason;  // a sentence that begins with the server's name, without that
};

/// c-ares' channel, with one question in it.
class Channel {
 public:
  enum class Way : std::uint8_t { udp, tcp };

  /// Throws OSError when c-ares cannot be set up.
  Channel(const Address& server, Way way);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel();  ///< closes the sockets

  /// Sends the question. To be called once.
  void ask(const Question& question);
  /// Is an answer still missing that may come? None does when the server cannot be reached: then
  /// the kernel says so for one of two questions only.
  bool waits() const noexcept;
  /// Has one of two answers come, and was it addresses?
  bool has_addresses() const noexcept;
  /// The sockets to wait for, at most two. They stay until `process` or the end.
  std::size_t sockets(std::array<pollfd, 2>& sockets) const noexcept;
  /// Reads and writes what the sockets are ready for.
  void process(const pollfd& socket);
  /// All that has come.
  Reply reply();

 private:
  /// The answer to one of the two questions after a name's addresses, or to that after a name.
  struct Part {
    bool asked = false;
    bool answered = false;
    int status = 0;  // as c-ares has it, once it is answered
    std::vector<Address> addresses;
    std::string name;
  };

  struct Callbacks;  // what c-ares calls

  void ask_addresses(Part& part, const std::string& name, int family);
  void explain(Reply& reply, int status) const;
  std::array<const Part*, 2> parts() const noexcept { return {&first_, &second_}; }

  const Address server_;
  ares_channeldata* channel_ = nullptr;
  Part first_;            // IPv6, or the name
  Part second_;           // IPv4
  int socket_error_ = 0;  // the errno of the last system call for a socket that failed; 0: none
};

/// Asks, and waits for the answer, but not beyond `deadline`. When one family's addresses have come
/// the other's are waited for no longer than a second, for there are servers that never answer
/// questions after IPv6. Throws OSError when sockets cannot be waited for; a cancellation closes
/// the sockets.
Coroutine<Reply> ask_name_server(Address server, Question question, Channel::Way way,
                                 TimePoint deadline);

}  // namespace rondo::detail
