#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <liburing.h>

#include "histogram.h"
#include "server_process.h"

// Load: many clients of an echo server on one thread.
//
// Each connection sends a request, waits until all of it has come back, checks it and sends the
// next. The client must not be what limits the server, so it is as near to the kernel as the
// server "raw": one receive stays in flight for each connection, and one system call a turn hands
// over all sends and waits for answers. Requests are pieces of one random pattern, so none has to
// be made up while the clock runs.

struct LoadOptions {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  std::size_t size = 64;       // bytes of a request
  double seconds = 0;          // how long to measure, or
  std::uint64_t requests = 0;  // how many requests; 0: by time
  double warmup = 0;           // seconds before measuring
  pid_t server_pid = 0;        // 0: not known
};

/// What was measured. Times are in nanoseconds.
struct LoadResult {
  std::uint64_t requests = 0;
  std::uint64_t elapsed = 0;
  std::uint64_t client_cpu = 0;
  std::optional<std::uint64_t> server_cpu;
  std::optional<std::uint64_t> server_vm_hwm;  // bytes
  std::optional<std::uint64_t> server_rss;     // bytes
  Histogram latency;
};

class Load {
 public:
  /// Throws std::runtime_error, here and below, with a line for the user.
  explicit Load(const LoadOptions& options);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load();

  /// Opens the connections.
  void connect();
  /// Warms up, measures, and lets the requests come home that are under way.
  LoadResult run();

 private:
  struct Connection {
    int descriptor;
    const char* request;       // in the pattern; null: none is under way
    std::size_t received = 0;  // bytes of it that have come back
    std::uint64_t start = 0;   // when it was sent
  };
  enum class Kind : std::uint8_t { send, receive, tick };

  void make_ring();
  void make_buffers();
  io_uring_sqe& next_entry(Kind kind, std::size_t index);
  void start_receive(std::size_t index);
  void start_tick();
  void return_buffer(int buffer);

  bool may_send() const;
  void send_request(std::size_t index);
  void send_where_idle();
  void turn();
  void received(std::size_t index, const io_uring_cqe& completion);
  void take_bytes(std::size_t index, const char* bytes, std::size_t count);
  void request_done(std::size_t index);
  void tick();

  void warm_up();
  void measure(LoadResult& result);
  void settle();

  LoadOptions options_;
  std::optional<ServerProcess> server_;
  std::vector<Connection> connections_;
  std::vector<char> pattern_;
  std::size_t next_request_ = 0;  // its place in the pattern

  io_uring ring_{};
  io_uring_buf_ring* buffer_ring_ = nullptr;
  std::vector<char> buffers_;
  std::size_t buffer_size_;
  int buffers_returned_ = 0;  // in this turn

  enum class Phase : std::uint8_t { warming_up, measuring, settling } phase_ = Phase::warming_up;
  Histogram* latency_ = nullptr;  // while measuring
  std::uint64_t now_ = 0;         // read once a turn
  std::uint64_t begin_ = 0;
  std::uint64_t under_way_ = 0;  // requests
  std::uint64_t started_ = 0;    // requests that are or will be measured
  std::uint64_t completed_ = 0;  // requests, while measuring
  bool progress_ = false;        // since the last tick
  unsigned quiet_seconds_ = 0;
};
