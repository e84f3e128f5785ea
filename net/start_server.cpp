#include <rondo/net/start_server.h>
#include <rondo/runtime/task.h>

namespace rondo {

namespace detail {

namespace {

void close(const Stream& stream) {
  if (Transport* transport = stream.transport()) transport->close();
}

void report(Loop& loop, const std::exception_ptr& error) {
  loop.call_exception_handler({"Unhandled exception in client_connected_cb", error, {}, {}});
}

/// Runs the handler of one client. It lives as long as its task, whatever becomes of the server.
class Handler {
 public:
  Handler(Loop& loop, ClientConnected client_connected)
      : loop_(loop), client_connected_(std::move(client_connected)) {}

  static void start(const std::shared_ptr<Handler>& handler,
                    const std::shared_ptr<Stream>& stream) {
    const std::shared_ptr<Stream> handle = Stream::handle_of(stream);
    try {
      auto task = create_task_on(
          handler->loop_,
          handler->client_connected_(Stream::reader_of(handle), StreamWriter(handle)));
      task.add_done_callback(
          [handler, stream](const AnyFuture& done) { handler->ended(done, *stream); });
    } catch (...) {
      report(handler->loop_, std::current_exception());
    }
  }

 private:
  void ended(const AnyFuture& task, const Stream& stream) const {
    if (!task.cancelled()) {
      const std::exception_ptr error = task.exception();
      if (!error) return;
      report(loop_, error);
    }
    close(stream);
  }

  Loop& loop_;
  const ClientConnected client_connected_;
};

}  // namespace

ProtocolFactory serve_streams(Loop& loop, ClientConnected client_connected, std::size_t limit) {
  if (limit == 0) throw ValueError("Limit cannot be <= 0");
  auto handler = std::make_shared<Handler>(loop, std::move(client_connected));
  return [handler = std::move(handler), limit]() -> std::shared_ptr<Protocol> {
    return std::make_shared<Stream>(limit, [handler](const std::shared_ptr<Stream>& stream) {
      Handler::start(handler, stream);
    });
  };
}

}  // namespace detail

Coroutine<Server> start_server(ClientConnected client_connected, std::string host,
                               std::uint16_t port, ServerOptions options) {
  std::vector<std::string> hosts{std::move(host)};
  return start_server(std::move(client_connected), std::move(hosts), port, options);
}

Coroutine<Server> start_server(ClientConnected client_connected, std::vector<std::string> hosts,
                               std::uint16_t port, ServerOptions options) {
  auto factory =
      detail::serve_streams(get_running_loop(), std::move(client_connected), options.limit);
  auto server = create_server(std::move(factory), std::move(hosts), port, options);
  co_return co_await server;
}

Coroutine<Server> start_server(ClientConnected client_connected, std::string host,
                               std::uint16_t port, int backlog, std::size_t limit) {
  ServerOptions options;
  options.backlog = backlog;
  options.limit = limit;
  return start_server(std::move(client_connected), std::move(host), port, options);
}

}  // namespace rondo
