// asio's random_access_file, which needs its io_uring backend: as many coroutines as reads are to
// be under way. Each takes the number of the next read, makes it, and so on.
//
//   files-asio --file PATH --mode seq|random --reads R [--depth 32] [--direct]

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <asio.hpp>

#include "measure.h"

namespace {

using Executor = asio::io_context::executor_type;
using File = asio::basic_random_access_file<Executor>;
constexpr asio::use_awaitable_t<Executor> use_awaitable;

/// What the coroutines share.
struct Shared {
  const Run& run;
  File& file;
  std::size_t next = 0;  // the read that nobody has taken yet
  std::uint64_t sum = 0;
};

asio::awaitable<void, Executor> read_blocks(Shared& shared, unsigned char* buffer) {
  const Run& run = shared.run;
  while (shared.next < run.reads) {
    const std::uint64_t offset = offset_of(&run, shared.next++);
    const std::size_t got = co_await shared.file.async_read_some_at(
        offset, asio::buffer(buffer, block_size), use_awaitable);
    check_read(&run, static_cast<long>(got));
    shared.sum += first_word(buffer);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Run run = read_command_line("asio", argc, argv, nullptr);
  unsigned char* buffers = make_buffers(&run);
  asio::io_context context(1);  // says that one thread runs it
  File file(context.get_executor(), run.fd);
  Shared shared{run, file};
  begin(&run);
  for (std::size_t slot = 0; slot < run.depth; ++slot) {
    asio::co_spawn(context.get_executor(), read_blocks(shared, buffers + slot * block_size),
                   asio::detached);
  }
  context.run();
  finish(&run, shared.sum);
  std::free(buffers);
}
