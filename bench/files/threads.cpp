// Threads that block: each takes the number of the next read, makes it, and so on.
//
//   files-threads --file PATH --mode seq|random --reads R [--depth 32] [--direct]

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include <unistd.h>

#include "measure.h"

namespace {

std::atomic<std::size_t> next = 0;
std::atomic<std::uint64_t> checksum = 0;

void work(const Run& run, unsigned char* buffer) {
  std::uint64_t sum = 0;
  for (std::size_t index = next++; index < run.reads; index = next++) {
    const ssize_t got =
        ::pread(run.fd, buffer, block_size, static_cast<off_t>(offset_of(&run, index)));
    check_read(&run, got < 0 ? -errno : got);
    sum += first_word(buffer);
  }
  checksum += sum;
}

}  // namespace

int main(int argc, char** argv) {
  Run run = read_command_line("threads", argc, argv, nullptr);
  unsigned char* buffers = make_buffers(&run);
  begin(&run);
  std::vector<std::thread> threads;
  for (std::size_t slot = 0; slot < run.depth; ++slot)
    threads.emplace_back(work, std::cref(run), buffers + slot * block_size);
  for (std::thread& thread : threads)
    thread.join();
  finish(&run, checksum);
  std::free(buffers);
}
