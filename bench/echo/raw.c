// The limit: an echo server that is liburing and nothing else.
//
// The kernel does what repeats by itself. One accept and one receive for each client stay in flight
// ("multishot"), and the receives take their buffers out of a ring that we fill up. Each turn of
// the loop is one system call: it hands over the sends, then waits for completions.

#include <liburing.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "listen.h"
#include "options.h"

enum {
  queue_entries = 1024,
  buffer_count = 256,  // a power of two; more only means more memory
  buffer_group = 0,
  nothing = -1,
};

enum kind { kind_accept, kind_receive, kind_send };

// What is received waits here to be sent: one send at a time for each client, or the kernel might
// send them in another order.
struct Buffer {
  unsigned length;  // bytes received
  int next;         // of the same client; nothing: the last one
};

struct Client {
  int first;   // its oldest buffer, which is being sent; nothing: none is
  int last;    // its newest; meaningless when there is no first
  bool ended;  // it will send no more
};

static struct io_uring ring;
static struct io_uring_buf_ring* buffer_ring;
static char* buffer_memory;
static size_t buffer_size;
static size_t buffer_stride;
static int buffers_returned;  // in this turn
static struct Buffer buffers[buffer_count];
static struct Client* clients;  // by descriptor
static uint64_t sent;           // bytes

static char* memory_of(int buffer) {
  return buffer_memory + (size_t)buffer * buffer_stride;
}

static void return_buffer(int buffer) {
  io_uring_buf_ring_add(buffer_ring, memory_of(buffer), (unsigned)buffer_size,
                        (unsigned short)buffer, io_uring_buf_ring_mask(buffer_count),
                        buffers_returned);
  ++buffers_returned;
}

static void publish_returned_buffers(void) {
  io_uring_buf_ring_advance(buffer_ring, buffers_returned);
  buffers_returned = 0;
}

static struct io_uring_sqe* next_entry(void) {
  struct io_uring_sqe* entry = io_uring_get_sqe(&ring);
  if (entry != NULL) return entry;
  io_uring_submit(&ring);  // the queue was full
  return io_uring_get_sqe(&ring);
}

static void tag(struct io_uring_sqe* entry, enum kind kind, int descriptor) {
  entry->user_data = (uint64_t)(unsigned)descriptor << 8 | kind;
}

static void start_accept(int listener) {
  struct io_uring_sqe* entry = next_entry();
  io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
  tag(entry, kind_accept, listener);
}

static void start_receive(int descriptor) {
  struct io_uring_sqe* entry = next_entry();
  io_uring_prep_recv_multishot(entry, descriptor, NULL, 0, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = buffer_group;
  tag(entry, kind_receive, descriptor);
}

// MSG_WAITALL: all of it, or it is an error.
static void start_send(int descriptor, int buffer) {
  struct io_uring_sqe* entry = next_entry();
  io_uring_prep_send(entry, descriptor, memory_of(buffer), buffers[buffer].length, MSG_WAITALL);
  tag(entry, kind_send, descriptor);
}

static void accepted(int listener, int result, unsigned flags) {
  if (result < 0) fail("accept", -result);
  clients[result].first = nothing;
  clients[result].ended = false;
  start_receive(result);
  if (!(flags & IORING_CQE_F_MORE)) start_accept(listener);
}

static void received(int descriptor, int result, unsigned flags) {
  struct Client* client = &clients[descriptor];
  if (result == -ENOBUFS) {
    start_receive(descriptor);  // this spins, but only while clients that do not read hold them all
    return;
  }
  if (result <= 0) {
    client->ended = true;
    if (client->first == nothing) close(descriptor);
    return;
  }
  const int buffer = (int)(flags >> IORING_CQE_BUFFER_SHIFT);
  buffers[buffer].length = (unsigned)result;
  buffers[buffer].next = nothing;
  if (client->first == nothing) {
    client->first = buffer;
    start_send(descriptor, buffer);
  } else {
    buffers[client->last].next = buffer;
  }
  client->last = buffer;
  if (!(flags & IORING_CQE_F_MORE)) start_receive(descriptor);
}

static void send_done(int descriptor, int result) {
  struct Client* client = &clients[descriptor];
  const int buffer = client->first;
  if (result == (int)buffers[buffer].length) {
    sent += buffers[buffer].length;
  } else {
    shutdown(descriptor, SHUT_RDWR);  // the client is gone: the receive ends, the other sends fail
  }
  client->first = buffers[buffer].next;
  return_buffer(buffer);
  if (client->first != nothing) {
    start_send(descriptor, client->first);
  } else if (client->ended) {
    close(descriptor);
  }
}

static void make_ring(void) {
  struct io_uring_params params = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
      .cq_entries = 4 * queue_entries,
  };
  const int result = io_uring_queue_init_params(queue_entries, &ring, &params);
  if (result < 0) fail("io_uring_queue_init", -result);
  io_uring_register_ring_fd(&ring);
}

static void* map_memory(size_t size) {
  void* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap", errno);
  return memory;
}

static void make_buffers(size_t size) {
  buffer_size = size;
  buffer_stride =
      size + 64;  // at powers of two, their first bytes would all share a few cache lines
  buffer_memory = map_memory(buffer_count * buffer_stride);
  buffer_ring = map_memory(buffer_count * sizeof(struct io_uring_buf));
  struct io_uring_buf_reg where = {
      .ring_addr = (uint64_t)buffer_ring, .ring_entries = buffer_count, .bgid = buffer_group};
  const int result = io_uring_register_buf_ring(&ring, &where, 0);
  if (result < 0) fail("io_uring_register_buf_ring", -result);
  io_uring_buf_ring_init(buffer_ring);
  for (int buffer = 0; buffer < buffer_count; ++buffer)
    return_buffer(buffer);
  publish_returned_buffers();
}

static void turn(void) {
  const int result = io_uring_submit_and_wait(&ring, 1);
  if (result < 0 && result != -EINTR) fail("io_uring_enter", -result);
  struct io_uring_cqe* completion;
  unsigned head;
  unsigned count = 0;
  io_uring_for_each_cqe(&ring, head, completion) {
    const int descriptor = (int)(completion->user_data >> 8);
    switch ((enum kind)(completion->user_data & 0xff)) {
      case kind_accept:
        accepted(descriptor, completion->res, completion->flags);
        break;
      case kind_receive:
        received(descriptor, completion->res, completion->flags);
        break;
      case kind_send:
        send_done(descriptor, completion->res);
        break;
    }
    ++count;
  }
  io_uring_cq_advance(&ring, count);
  publish_returned_buffers();
}

int main(int argc, char** argv) {
  const struct Options options = parse_options(argc, argv);
  raise_descriptor_limit();
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("getrlimit", errno);
  clients = map_memory(limit.rlim_cur * sizeof *clients);

  make_ring();
  make_buffers(options.buffer);
  const int listener = listen_at_loopback(options.port);
  start_accept(listener);
  announce(port_of(listener));
  while (sent < options.last_byte)
    turn();
  return 0;
}
