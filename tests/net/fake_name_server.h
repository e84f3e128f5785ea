#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

#include <rondo/net/address.h>
#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/file_descriptor.h>
#include <rondo/runtime/task.h>

// A name server on a UDP socket that answers whatever a test wants, byte for byte (RFC 1035, 4).

namespace rondo::test {

namespace dns {

inline constexpr std::uint16_t type_a = 1;
inline constexpr std::uint16_t type_cname = 5;
inline constexpr std::uint16_t type_aaaa = 28;
inline constexpr std::size_t header_size = 12;

inline std::string number16(unsigned number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
}

/// The name that a query asks for, without a dot at its end, and its type.
inline std::string name_in(const std::string& query) {
  std::string name;
  for (std::size_t at = header_size; query[at] != 0;) {
    const auto length = static_cast<std::size_t>(query[at]);
    name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
    at += 1 + length;
  }
  return name;
}
inline std::string question_in(const std::string& query) {
  return query.substr(header_size, query.find('\0', header_size) + 5 - header_size);
}
inline unsigned type_in(const std::string& query) {
  const std::string question = question_in(query);
  return static_cast<unsigned char>(question[question.size() - 3]);
}

/// A record whose name is the question's.
inline std::string record(unsigned type, std::string_view data) {
  constexpr unsigned pointer_to_question = 0xc00c;
  std::string text = number16(pointer_to_question) + number16(type) + number16(1);
  text += number16(0) + number16(60) + number16(static_cast<unsigned>(data.size()));
  return text.append(data);
}
inline std::string record_a(unsigned last = 1) {
  const char data[] = {static_cast<char>(192), 0, 2, static_cast<char>(last)};
  return record(type_a, {data, sizeof data});
}

/// An answer to a query, with this code and these records.
inline std::string answer(const std::string& query, unsigned rcode,
                          const std::vector<std::string>& records = {}) {
  std::string text = query.substr(0, 2) + number16(0x8180 | rcode) + number16(1);
  text += number16(static_cast<unsigned>(records.size())) + number16(0) + number16(0);
  text += question_in(query);
  for (const std::string& each : records)
    text += each;
  return text;
}

inline constexpr unsigned no_error = 0;
inline constexpr unsigned servfail = 2;
inline constexpr unsigned nxdomain = 3;
inline constexpr unsigned refused = 5;

}  // namespace dns

class FakeNameServer {
 public:
  /// The datagrams to answer a query with.
  using Answers = std::function<std::vector<std::string>(const std::string& query)>;

  /// Answers from now on, as a task of the running loop, until that ends. Without `answers` it says
  /// nothing.
  explicit FakeNameServer(Answers answers = {}) : state_(std::make_shared<State>()) {
    state_->answers = std::move(answers);
    state_->socket = FileDescriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const Address any = addresses_of("127.0.0.1", 0).front();
    if (::bind(state_->socket.get(), any.get(), any.length()) != 0) throw_os_error(errno, "bind");
    create_task(serve(state_));
  }

  /// As in ResolverOptions::servers.
  std::string address() const { return local_address(state_->socket.get()).text(); }
  /// The names that were asked for, each as often as it was.
  const std::vector<std::string>& asked() const { return state_->asked; }

 private:
  struct State {
    FileDescriptor socket;
    Answers answers;
    std::vector<std::string> asked;
  };

  static Coroutine<void> serve(std::shared_ptr<State> state) {
    std::array<char, 2048> room{};
    sockaddr_in peer{};
    iovec piece{room.data(), room.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    for (;;) {
      message.msg_name = &peer;
      message.msg_namelen = sizeof peer;
      Request request{Opcode::receive_message, state->socket.get(), &message};
      const int result = co_await detail::perform(request);
      if (result <= 0) continue;
      const std::string query(room.data(), static_cast<std::size_t>(result));
      state->asked.push_back(dns::name_in(query));
      if (!state->answers) continue;
      for (const std::string& bytes : state->answers(query)) {
        ::sendto(state->socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT,
                 reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
      }
    }
  }

  std::shared_ptr<State> state_;
};

}  // namespace rondo::test
