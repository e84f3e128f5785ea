#include "load.h"

#include <cerrno>
#include <cstring>
#include <random>
#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr unsigned queue_entries = 1024;
constexpr int buffer_count = 256;  // a power of two
constexpr std::size_t largest_buffer = 64 * 1024;
constexpr std::size_t places = 4093;  // where a request may begin in the pattern; a prime
constexpr unsigned patience = 10;     // seconds without a single byte
constexpr double total_patience = 600;

std::uint64_t read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t nanoseconds(double seconds) {
  return static_cast<std::uint64_t>(seconds * 1e9);
}

[[noreturn]] void fail(const std::string& what, int error_number) {
  throw std::runtime_error(what + ": " + std::strerror(error_number));
}

int open_connection(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket", errno);
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval timeout{patience, 0};  // for connect, too
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connect to port " + std::to_string(port), errno == EINPROGRESS ? ETIMEDOUT : errno);
  }
  return descriptor;
}

}  // namespace

Load::Load(const LoadOptions& options)
    : options_(options),
      pattern_(places + options.size),
      buffer_size_(std::min(options.size, largest_buffer)) {
  if (options.server_pid != 0) server_.emplace(options.server_pid);
  std::minstd_rand random(1);
  for (char& byte : pattern_)
    byte = static_cast<char>(random());
  make_ring();
  make_buffers();
}

Load::~Load() {
  for (const Connection& connection : connections_)
    ::close(connection.descriptor);
  io_uring_queue_exit(&ring_);
  ::munmap(buffer_ring_, buffer_count * sizeof(io_uring_buf));
}

void Load::make_ring() {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
  params.cq_entries = 4 * queue_entries;
  const int result = io_uring_queue_init_params(queue_entries, &ring_, &params);
  if (result < 0) fail("io_uring_queue_init", -result);
  io_uring_register_ring_fd(&ring_);
}

void Load::make_buffers() {
  void* const memory = ::mmap(nullptr, buffer_count * sizeof(io_uring_buf), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap", errno);
  buffer_ring_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_reg where{};
  where.ring_addr = reinterpret_cast<std::uint64_t>(memory);
  where.ring_entries = buffer_count;
  const int result = io_uring_register_buf_ring(&ring_, &where, 0);
  if (result < 0) fail("io_uring_register_buf_ring", -result);

  buffers_.resize(buffer_count * buffer_size_);
  io_uring_buf_ring_init(buffer_ring_);
  for (int buffer = 0; buffer < buffer_count; ++buffer)
    return_buffer(buffer);
  io_uring_buf_ring_advance(buffer_ring_, std::exchange(buffers_returned_, 0));
}

// One after the other: the kernel answers for the server, so none of them waits for it, unless it
// is so far behind that its queue of new clients is full.
void Load::connect() {
  connections_.reserve(options_.connections);
  for (std::size_t index = 0; index < options_.connections; ++index) {
    connections_.push_back({open_connection(options_.port), nullptr});
    start_receive(index);
  }
  start_tick();
}

io_uring_sqe& Load::next_entry(Kind kind, std::size_t index) {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  if (entry == nullptr) {  // the queue was full
    io_uring_submit(&ring_);
    entry = io_uring_get_sqe(&ring_);
  }
  if (entry == nullptr) throw std::runtime_error("the kernel takes no requests");
  entry->user_data = index << 8 | static_cast<std::uint64_t>(kind);
  return *entry;
}

void Load::start_receive(std::size_t index) {
  io_uring_sqe& entry = next_entry(Kind::receive, index);
  const std::uint64_t tag = entry.user_data;
  io_uring_prep_recv_multishot(&entry, connections_[index].descriptor, nullptr, 0, 0);
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.user_data = tag;
}

// Each second, so that a turn never waits longer.
void Load::start_tick() {
  static __kernel_timespec second{1, 0};
  io_uring_sqe& entry = next_entry(Kind::tick, 0);
  const std::uint64_t tag = entry.user_data;
  io_uring_prep_timeout(&entry, &second, 0, 0);
  entry.user_data = tag;
}

void Load::return_buffer(int buffer) {
  io_uring_buf_ring_add(buffer_ring_, &buffers_[static_cast<std::size_t>(buffer) * buffer_size_],
                        static_cast<unsigned>(buffer_size_), static_cast<unsigned short>(buffer),
                        io_uring_buf_ring_mask(buffer_count), buffers_returned_);
  ++buffers_returned_;
}

bool Load::may_send() const {
  if (phase_ == Phase::measuring && options_.requests > 0) return started_ < options_.requests;
  return phase_ != Phase::settling;
}

// A send that went well is not told about: the answer says as much.
void Load::send_request(std::size_t index) {
  Connection& connection = connections_[index];
  next_request_ = (next_request_ + 1) % places;
  connection.request = &pattern_[next_request_];
  connection.received = 0;
  connection.start = now_;
  ++under_way_;
  ++started_;

  io_uring_sqe& entry = next_entry(Kind::send, index);
  const std::uint64_t tag = entry.user_data;
  io_uring_prep_send(&entry, connection.descriptor, connection.request, options_.size,
                     MSG_WAITALL | MSG_NOSIGNAL);
  entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
  entry.user_data = tag;
}

void Load::send_where_idle() {
  now_ = read_clock(CLOCK_MONOTONIC);
  for (std::size_t index = 0; index < connections_.size() && may_send(); ++index) {
    if (connections_[index].request == nullptr) send_request(index);
  }
}

// The clock is read once a turn: what the turn brought has come by now, and what it sends leaves at
// its end.
void Load::turn() {
  const int result = io_uring_submit_and_wait(&ring_, 1);
  if (result < 0 && result != -EINTR) fail("io_uring_enter", -result);
  now_ = read_clock(CLOCK_MONOTONIC);
  io_uring_cqe* completion = nullptr;
  unsigned head = 0;
  unsigned count = 0;
  io_uring_for_each_cqe(&ring_, head, completion) {
    const std::size_t index = completion->user_data >> 8;
    switch (static_cast<Kind>(completion->user_data & 0xff)) {
      case Kind::send:
        fail("send on connection " + std::to_string(index), -completion->res);
      case Kind::receive:
        received(index, *completion);
        break;
      case Kind::tick:
        tick();
        break;
    }
    ++count;
  }
  io_uring_cq_advance(&ring_, count);
  io_uring_buf_ring_advance(buffer_ring_, std::exchange(buffers_returned_, 0));
}

void Load::received(std::size_t index, const io_uring_cqe& completion) {
  if (completion.res > 0) {
    const auto buffer = static_cast<int>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
    take_bytes(index, &buffers_[static_cast<std::size_t>(buffer) * buffer_size_],
               static_cast<std::size_t>(completion.res));
    return_buffer(buffer);
    if ((completion.flags & IORING_CQE_F_MORE) == 0) start_receive(index);
    return;
  }
  if (completion.res == -ENOBUFS) {
    start_receive(index);  // at the end of this turn all buffers are free again
    return;
  }
  // A server that was told how many requests to answer goes when it has, whoever is connected.
  if (connections_[index].request == nullptr) return;
  const std::string who = "connection " + std::to_string(index) + " ended early";
  if (completion.res < 0) fail(who, -completion.res);
  throw std::runtime_error(who);
}

void Load::take_bytes(std::size_t index, const char* bytes, std::size_t count) {
  Connection& connection = connections_[index];
  const bool expected =
      connection.request != nullptr && count <= options_.size - connection.received;
  if (!expected || std::memcmp(bytes, connection.request + connection.received, count) != 0) {
    throw std::runtime_error("connection " + std::to_string(index) + " has got wrong bytes");
  }
  progress_ = true;
  connection.received += count;
  if (connection.received == options_.size) request_done(index);
}

void Load::request_done(std::size_t index) {
  Connection& connection = connections_[index];
  connection.request = nullptr;
  --under_way_;
  if (latency_ != nullptr) {
    ++completed_;
    latency_->add(now_ - connection.start);
  }
  if (may_send()) send_request(index);
}

void Load::tick() {
  quiet_seconds_ = progress_ || under_way_ == 0 ? 0 : quiet_seconds_ + 1;
  progress_ = false;
  if (quiet_seconds_ == patience) {
    throw std::runtime_error("the server has not answered for " + std::to_string(patience) + " s");
  }
  if (now_ - begin_ > nanoseconds(total_patience + options_.warmup + options_.seconds)) {
    throw std::runtime_error("the server takes too long");
  }
  start_tick();
}

void Load::warm_up() {
  begin_ = read_clock(CLOCK_MONOTONIC);
  if (options_.warmup <= 0) return;
  send_where_idle();
  while (now_ - begin_ < nanoseconds(options_.warmup))
    turn();
}

void Load::measure(LoadResult& result) {
  phase_ = Phase::measuring;
  started_ = under_way_;  // by the warm-up; they end while we measure
  latency_ = &result.latency;
  const std::optional<std::uint64_t> server_cpu = server_ ? server_->cpu_time() : std::nullopt;
  const std::uint64_t client_cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  const std::uint64_t begin = read_clock(CLOCK_MONOTONIC);
  const std::uint64_t end = begin + nanoseconds(options_.seconds);

  send_where_idle();
  while (options_.requests > 0 ? completed_ < options_.requests : now_ < end)
    turn();

  result.elapsed = now_ - begin;
  result.client_cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - client_cpu;
  if (server_) result.server_cpu = server_->cpu_time();
  if (result.server_cpu) *result.server_cpu -= *server_cpu;
  result.requests = completed_;
  latency_ = nullptr;
}

// A server whose clients go in the middle of a request would have errors to report.
void Load::settle() {
  phase_ = Phase::settling;
  while (under_way_ > 0)
    turn();
}

LoadResult Load::run() {
  LoadResult result;
  warm_up();
  measure(result);
  settle();
  if (server_) {
    result.server_vm_hwm = server_->memory("VmHWM");
    result.server_rss = server_->memory("VmRSS");
  }
  return result;
}
