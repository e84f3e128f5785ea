// libuv: callbacks. What comes is sent at once from the one buffer that all clients share; only
// what the kernel does not take at once is copied, and the client not read until it is sent.

#include <signal.h>
#include <string.h>
#include <uv.h>

#include "options.h"

static struct Options options;
static char* shared_buffer;
static uint64_t sent;  // bytes

struct Rest {
  uv_write_t request;
  size_t size;
  char bytes[];
};

static void check(const char* what, int result) {
  if (result >= 0) return;
  fprintf(stderr, "%s: %s\n", what, uv_strerror(result));
  exit(1);
}

static void free_client(uv_handle_t* client) {
  free(client);
}

static void close_client(uv_stream_t* client) {
  if (!uv_is_closing((uv_handle_t*)client)) uv_close((uv_handle_t*)client, free_client);
}

static void count_sent(uv_stream_t* client, size_t size) {
  sent += size;
  if (sent >= options.last_byte) uv_stop(client->loop);
}

static void offer_buffer(uv_handle_t* client, size_t suggested_size, uv_buf_t* buffer) {
  (void)client;
  (void)suggested_size;
  *buffer = uv_buf_init(shared_buffer, (unsigned)options.buffer);
}

static void received(uv_stream_t* client, ssize_t size, const uv_buf_t* buffer);

static void rest_sent(uv_write_t* request, int status) {
  struct Rest* rest = (struct Rest*)request;
  uv_stream_t* client = request->handle;
  if (status == 0) {
    count_sent(client, rest->size);
    uv_read_start(client, offer_buffer, received);
  } else {
    close_client(client);
  }
  free(rest);
}

static void send_later(uv_stream_t* client, const char* bytes, size_t size) {
  struct Rest* rest = malloc(sizeof *rest + size);
  if (rest == NULL) check("malloc", UV_ENOMEM);
  rest->size = size;
  memcpy(rest->bytes, bytes, size);
  const uv_buf_t buffer = uv_buf_init(rest->bytes, (unsigned)size);
  uv_read_stop(client);
  check("uv_write", uv_write(&rest->request, client, &buffer, 1, rest_sent));
}

static void received(uv_stream_t* client, ssize_t size, const uv_buf_t* buffer) {
  if (size == 0) return;  // there was nothing after all
  if (size < 0) {
    close_client(client);
    return;
  }
  const uv_buf_t bytes = uv_buf_init(buffer->base, (unsigned)size);
  int taken = uv_try_write(client, &bytes, 1);
  if (taken == UV_EAGAIN) taken = 0;
  if (taken < 0) {
    close_client(client);
    return;
  }
  count_sent(client, (size_t)taken);
  if (taken < size) send_later(client, buffer->base + taken, (size_t)(size - taken));
}

static void client_connected(uv_stream_t* listener, int status) {
  check("accept", status);
  uv_tcp_t* client = malloc(sizeof *client);
  if (client == NULL) check("malloc", UV_ENOMEM);
  uv_tcp_init(listener->loop, client);
  check("uv_accept", uv_accept(listener, (uv_stream_t*)client));
  uv_tcp_nodelay(client, 1);
  uv_read_start((uv_stream_t*)client, offer_buffer, received);
}

static unsigned port_of(const uv_tcp_t* listener) {
  struct sockaddr_in address;
  int length = sizeof address;
  check("getsockname", uv_tcp_getsockname(listener, (struct sockaddr*)&address, &length));
  return ntohs(address.sin_port);
}

int main(int argc, char** argv) {
  options = parse_options(argc, argv);
  raise_descriptor_limit();
  signal(SIGPIPE, SIG_IGN);  // libuv writes to clients that have gone
  shared_buffer = malloc(options.buffer);
  if (shared_buffer == NULL) check("malloc", UV_ENOMEM);

  uv_tcp_t listener;
  struct sockaddr_in address;
  uv_ip4_addr("127.0.0.1", options.port, &address);
  uv_tcp_init(uv_default_loop(), &listener);
  check("bind", uv_tcp_bind(&listener, (const struct sockaddr*)&address, 0));
  check("listen", uv_listen((uv_stream_t*)&listener, 4096, client_connected));
  announce(port_of(&listener));
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  return 0;
}
