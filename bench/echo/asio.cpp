// asio: a C++20 coroutine for each client.

#include <cstdlib>
#include <exception>
#include <memory>

#include <asio.hpp>

#include "options.h"

namespace {

using asio::ip::tcp;

struct Service {
  Options options;
  std::uint64_t sent = 0;          // bytes
  asio::io_context io_context{1};  // one thread
};

asio::awaitable<void> echo(Service& service, tcp::socket client) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(service.options.buffer);
  try {
    for (;;) {
      const std::size_t size = co_await client.async_read_some(
          asio::buffer(buffer.get(), service.options.buffer), asio::use_awaitable);
      co_await asio::async_write(client, asio::buffer(buffer.get(), size), asio::use_awaitable);

      service.sent += size;
      if (service.sent >= service.options.last_byte) service.io_context.stop();
    }
  } catch (const std::system_error&) {
    // The end of the stream is an exception, too.
  }
}

asio::awaitable<void> serve(Service& service) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), service.options.port);
  tcp::acceptor acceptor(service.io_context);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint);
  acceptor.listen(4096);
  announce(acceptor.local_endpoint().port());
  for (;;) {
    tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
    client.set_option(tcp::no_delay(true));
    asio::co_spawn(service.io_context, echo(service, std::move(client)), asio::detached);
  }
}

// What ends the server by mistake must not end in silence.
void report(const std::exception_ptr& error) {
  try {
    if (error) std::rethrow_exception(error);
  } catch (const std::exception& what) {
    std::fprintf(stderr, "%s\n", what.what());
    std::exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Service service{.options = parse_options(argc, argv)};
  raise_descriptor_limit();
  asio::co_spawn(service.io_context, serve(service), report);
  service.io_context.run();
}
