#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rondo/net/detail/name_server.h>
#include <rondo/net/detail/wait_for_ready.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/loop.h>

namespace rondo::detail {

namespace {

constexpr Duration patience_for_second_family = std::chrono::seconds(1);

/// The address and port of a server, as c-ares wants them.
ares_addr_port_node node_of(const Address& server) {
  ares_addr_port_node node{};
  node.family = server.family();
  node.udp_port = node.tcp_port = server.port();
  if (server.family() == AF_INET6) {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(server.get());
    std::memcpy(&node.addr.addr6, &address->sin6_addr, sizeof node.addr.addr6);
  } else {
    const auto* address = reinterpret_cast<const sockaddr_in*>(server.get());
    std::memcpy(&node.addr.addr4, &address->sin_addr, sizeof node.addr.addr4);
  }
  return node;
}

bool is_only_for_now(int error_number) noexcept {
  return error_number == EAGAIN || error_number == EINPROGRESS || error_number == EINTR;
}

Address from_sockaddr(const sockaddr* address, socklen_t length) {
  sockaddr_storage storage{};
  std::memcpy(&storage, address, length);
  return {storage, length};
}

}  // namespace

/// The functions that c-ares calls. `user` is the Channel; `argument` is the Part.
struct Channel::Callbacks {
  template <class Result>
  static Result checked(void* user, Result result) noexcept {
    if (result < 0 && !is_only_for_now(errno)) {
      static_cast<Channel*>(user)->socket_error_ = errno;
    }
    return result;
  }

  static ares_socket_t open(int family, int type, int protocol, void* user) {
    return checked(user, ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  }
  static int close(ares_socket_t socket, void* /*user*/) { return ::close(socket); }
  // Ours, since it may have a scope ("fe80::1%eth0"), which c-ares does not keep.
  static int connect(ares_socket_t socket, const sockaddr* /*address*/, ares_socklen_t /*length*/,
                     void* user) {
    const Address& server = static_cast<Channel*>(user)->server_;
    return checked(user, ::connect(socket, server.get(), server.length()));
  }
  static ares_ssize_t receive(ares_socket_t socket, void* room, std::size_t size, int flags,
                              sockaddr* from, ares_socklen_t* length, void* user) {
    return checked(user, ::recvfrom(socket, room, size, flags, from, length));
  }
  static ares_ssize_t send(ares_socket_t socket, const iovec* pieces, int count, void* user) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);
    message.msg_iovlen = static_cast<std::size_t>(count);
    return checked(user, ::sendmsg(socket, &message, MSG_NOSIGNAL));
  }

  /// False: nobody is interested any more.
  static bool answered(Part& part, int status) {
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED) return false;
    part.answered = true;
    part.status = status;
    return status == ARES_SUCCESS;
  }
  static void addresses(void* argument, int status, int /*timeouts*/, ares_addrinfo* result) {
    Part& part = *static_cast<Part*>(argument);
    if (answered(part, status)) {
      for (const auto* node = result->nodes; node != nullptr; node = node->ai_next)
        part.addresses.push_back(from_sockaddr(node->ai_addr, node->ai_addrlen));
      if (part.addresses.empty()) part.status = ARES_ENODATA;
    }
    ares_freeaddrinfo(result);
  }
  static void name(void* argument, int status, int /*timeouts*/, hostent* result) {
    Part& part = *static_cast<Part*>(argument);
    if (answered(part, status)) part.name = result->h_name;
  }

  static constexpr ares_socket_functions sockets{open, close, connect, receive, send};
};

Channel::Channel(const Address& server, Way way) : server_(server) {
  static const int initialised = ares_library_init(ARES_LIB_INIT_ALL);
  // With all of these given c-ares reads no files, and with these values it has no will of its own:
  // it asks one server once for one name, takes what that says, and its own clock never strikes.
  ares_options options{};
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP;
  if (way == Way::tcp) options.flags |= ARES_FLAG_USEVC;
  options.timeout = INT_MAX;  // milliseconds
  options.tries = 1;
  char only_servers[] = "b";
  options.lookups = only_servers;
  constexpr int given = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
                        ARES_OPT_SERVERS | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_SORTLIST;
  const int status =
      initialised != ARES_SUCCESS ? initialised : ares_init_options(&channel_, &options, given);
  if (status != ARES_SUCCESS) {
    throw OSError(ENOMEM, std::string("set up c-ares (") + ares_strerror(status) + ")");
  }
  ares_set_socket_functions(channel_, &Callbacks::sockets, this);
  ares_addr_port_node node = node_of(server_);
  if (ares_set_servers_ports(channel_, &node) != ARES_SUCCESS) {
    ares_destroy(channel_);
    throw OSError(ENOMEM, "set up c-ares for the name server " + server_.text());
  }
}

// Both parts are told of the end, and still there.
Channel::~Channel() {
  ares_destroy(channel_);
}

void Channel::ask_addresses(Part& part, const std::string& name, int family) {
  ares_addrinfo_hints hints{};
  hints.ai_flags = ARES_AI_NOSORT;
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  part.asked = true;
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, Callbacks::addresses, &part);
}

void Channel::ask(const Question& question) {
  if (question.name.empty()) {
    first_.asked = true;
    const bool v6 = question.address.family() == AF_INET6;
    const sockaddr* address = question.address.get();
    const void* bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
    if (v6) bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    ares_gethostbyaddr(channel_, bytes, v6 ? sizeof(in6_addr) : sizeof(in_addr),
                       question.address.family(), Callbacks::name, &first_);
    return;
  }
  if (question.family != AF_INET) ask_addresses(first_, question.name, AF_INET6);
  if (question.family != AF_INET6) ask_addresses(second_, question.name, AF_INET);
}

bool Channel::waits() const noexcept {
  for (const Part* part : parts())
    if (part->answered && part->status == ARES_ECONNREFUSED) return false;
  return (first_.asked && !first_.answered) || (second_.asked && !second_.answered);
}

bool Channel::has_addresses() const noexcept {
  return !first_.addresses.empty() || !second_.addresses.empty();
}

std::size_t Channel::sockets(std::array<pollfd, 2>& sockets) const noexcept {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> fds{};
  const int wanted = ares_getsock(channel_, fds.data(), ARES_GETSOCK_MAXNUM);
  std::size_t count = 0;
  // One server has one socket of each kind.
  for (std::size_t i = 0; i < fds.size() && count < sockets.size(); ++i) {
    const auto bit = static_cast<int>(i);
    int events = 0;
    if (ARES_GETSOCK_READABLE(wanted, bit)) events |= POLLIN;
    if (ARES_GETSOCK_WRITABLE(wanted, bit)) events |= POLLOUT;
    if (events != 0) sockets[count++] = {fds[i], static_cast<short>(events), 0};
  }
  return count;
}

void Channel::process(const pollfd& socket) {
  // An error is read like data.
  const int broken = socket.revents & (POLLERR | POLLHUP | POLLNVAL);
  const bool readable = (socket.revents & POLLIN) != 0 || broken != 0;
  const bool writable = (socket.revents & POLLOUT) != 0 || broken != 0;
  ares_process_fd(channel_, readable ? socket.fd : ARES_SOCKET_BAD,
                  writable ? socket.fd : ARES_SOCKET_BAD);
}

void Channel::explain(Reply& reply, int status) const {
  reply.kind = Reply::Kind::failed;
  switch (status) {
    case ARES_ESERVFAIL:
      reply.kind = Reply::Kind::unavailable;
      reply.reason = "could not find out (SERVFAIL)";
      return;
    case ARES_EREFUSED:
      reply.reason = "refuses to answer (REFUSED)";
      return;
    case ARES_ENOTIMP:
      reply.reason = "does not know such questions (NOTIMP)";
      return;
    case ARES_EFORMERR:
      reply.reason = "takes the question for malformed (FORMERR)";
      return;
    case ARES_EBADRESP:
    case ARES_EBADNAME:
    case ARES_EBADSTR:
      reply.reason = "sent an answer that cannot be read";
      return;
    default:
      break;
  }
  reply.kind = Reply::Kind::unavailable;
  const char* why = socket_error_ != 0 ? std::strerror(socket_error_) : ares_strerror(status);
  reply.reason = std::string("cannot be reached (") + why + ")";
}

// | the two answers                     | the reply                                   |
// |-------------------------------------|---------------------------------------------|
// | addresses in either                 | found, whatever the other one was           |
// | a failure in either                 | failed: there may have been addresses       |
// | none yet for either                 | unanswered                                  |
// | "no such name" for both             | no_such_name                                |
// | all else                            | no_data                                     |
Reply Channel::reply() {
  Reply reply;
  reply.addresses = first_.addresses;
  reply.addresses.insert(reply.addresses.end(), second_.addresses.begin(), second_.addresses.end());
  reply.name = first_.name;
  if (!reply.addresses.empty() || !reply.name.empty()) {
    reply.kind = Reply::Kind::found;
    return reply;
  }
  bool no_data = false;
  bool waits = false;
  for (const Part* part : parts()) {
    if (!part->asked) continue;
    if (!part->answered) {
      waits = true;
    } else if (part->status == ARES_ENODATA || part->status == ARES_SUCCESS) {
      no_data = true;
    } else if (part->status == ARES_ENOMEM) {
      throw std::bad_alloc();
    } else if (part->status != ARES_ENOTFOUND) {
      explain(reply, part->status);
      return reply;
    }
  }
  if (waits) return reply;
  reply.kind = no_data ? Reply::Kind::no_data : Reply::Kind::no_such_name;
  return reply;
}

Coroutine<Reply> ask_name_server(Address server, Question question, Channel::Way way,
                                 TimePoint deadline) {
  Loop& loop = get_running_loop();
  Channel channel(server, way);
  std::array<pollfd, 2> sockets{};
  bool hurried = false;
  channel.ask(question);
  while (channel.waits()) {
    if (!hurried && channel.has_addresses()) {
      hurried = true;
      deadline = std::min(deadline, saturating_add(loop.time(), patience_for_second_family));
    }
    const std::size_t count = channel.sockets(sockets);
    const std::span<pollfd> watched(sockets.data(), count);
    const bool ready = co_await wait_for_ready(watched, deadline);
    if (!ready) break;
    for (const pollfd& socket : watched)
      if (socket.revents != 0) channel.process(socket);
  }
  co_return channel.reply();
}

}  // namespace rondo::detail
