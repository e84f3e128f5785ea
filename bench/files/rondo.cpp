// rondo: as many tasks as reads are to be under way. Each takes the number of the next read, makes
// it, and so on.
//
//   files-rondo --file PATH --mode seq|random --reads R [--depth 32] [--direct] [--to-thread]
//
// With --to-thread the reads block, on threads of their own: the way of asyncio.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <unistd.h>

#include <rondo/runtime.h>
#include <rondo/runtime/read_at.h>

#include "measure.h"

namespace {

/// What the tasks share.
struct Shared {
  const Run& run;
  std::size_t next = 0;  // the read that nobody has taken yet
  std::uint64_t sum = 0;
};

rondo::Coroutine<> read_on_the_ring(Shared& shared, std::span<std::byte> buffer) {
  const Run& run = shared.run;
  while (shared.next < run.reads) {
    const std::uint64_t offset = offset_of(&run, shared.next++);
    const std::size_t got = co_await rondo::read_at(run.fd, buffer, offset);
    check_read(&run, static_cast<long>(got));
    shared.sum += first_word(buffer.data());
  }
}

long read_and_block(int fd, std::span<std::byte> buffer, std::uint64_t offset) {
  const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
  return got < 0 ? -errno : got;
}

rondo::Coroutine<> read_on_threads(Shared& shared, std::span<std::byte> buffer) {
  const Run& run = shared.run;
  while (shared.next < run.reads) {
    const std::uint64_t offset = offset_of(&run, shared.next++);
    const long got = co_await rondo::to_thread(read_and_block, run.fd, buffer, offset);
    check_read(&run, got);
    shared.sum += first_word(buffer.data());
  }
}

rondo::Coroutine<> async_main(Run& run) {
  unsigned char* buffers = make_buffers(&run);
  Shared shared{run};
  auto& loop = rondo::get_running_loop();
  if (run.own_flag) {
    loop.set_default_executor(std::make_shared<rondo::ThreadPoolExecutor>(run.depth));
  }
  begin(&run);
  std::vector<rondo::Coroutine<>> readers;
  for (std::size_t slot = 0; slot < run.depth; ++slot) {
    const auto buffer = std::as_writable_bytes(std::span(buffers + slot * block_size, block_size));
    readers.push_back(run.own_flag ? read_on_threads(shared, buffer)
                                   : read_on_the_ring(shared, buffer));
  }
  co_await rondo::gather(std::move(readers));
  if (run.own_flag) co_await loop.shutdown_default_executor();
  finish(&run, shared.sum);
  std::free(buffers);
}

}  // namespace

int main(int argc, char** argv) {
  Run run = read_command_line("rondo", argc, argv, "--to-thread");
  if (run.own_flag) run.peer = "rondo-to-thread";
  rondo::run(async_main(run));
}
