// The limit: io_uring by hand, with one read in each slot.
//
//   files-raw --file PATH --mode seq|random --reads R [--depth 32] [--direct] [--fixed]
//
// --fixed registers the buffers and the file with the kernel, which then need not look them up for
// each read.

#include <liburing.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "measure.h"

static struct io_uring ring;

static void check(int result, const char* what) {
  if (result >= 0) return;
  fprintf(stderr, "files-raw: %s: %s\n", what, strerror(-result));
  exit(1);
}

static void set_up(unsigned entries) {
  struct io_uring_params parameters = {0};
  parameters.flags =
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL;
  int result = io_uring_queue_init_params(entries, &ring, &parameters);
  if (result == -EINVAL) result = io_uring_queue_init(entries, &ring, 0);  // before Linux 6.1
  check(result, "no ring");
}

static void register_all(const Run* run, unsigned char* buffers) {
  const struct iovec whole = {buffers, run->depth * block_size};
  check(io_uring_register_buffers(&ring, &whole, 1), "the buffers cannot be registered");
  check(io_uring_register_files(&ring, &run->fd, 1), "the file cannot be registered");
}

static void prepare(const Run* run, unsigned char* buffers, size_t slot, size_t index) {
  struct io_uring_sqe* entry = io_uring_get_sqe(&ring);
  unsigned char* buffer = buffers + slot * block_size;
  const uint64_t offset = offset_of(run, index);
  if (run->own_flag) {
    io_uring_prep_read_fixed(entry, 0, buffer, block_size, offset, 0);
    entry->flags |= IOSQE_FIXED_FILE;
  } else {
    io_uring_prep_read(entry, run->fd, buffer, block_size, offset);
  }
  io_uring_sqe_set_data64(entry, slot);
}

/// Takes the answers that are there and prepares a read for each. Returns how many there were.
static unsigned take_answers(const Run* run, unsigned char* buffers, size_t* next, uint64_t* sum) {
  struct io_uring_cqe* answer;
  unsigned head;
  unsigned count = 0;
  io_uring_for_each_cqe(&ring, head, answer) {
    const size_t slot = io_uring_cqe_get_data64(answer);
    check_read(run, answer->res);
    *sum += first_word(buffers + slot * block_size);
    if (*next < run->reads) prepare(run, buffers, slot, (*next)++);
    ++count;
  }
  io_uring_cq_advance(&ring, count);
  return count;
}

int main(int argc, char** argv) {
  Run run = read_command_line("raw", argc, argv, "--fixed");
  if (run.own_flag) run.peer = "raw-fixed";
  unsigned char* buffers = make_buffers(&run);
  set_up((unsigned)run.depth);
  if (run.own_flag) register_all(&run, buffers);

  begin(&run);
  uint64_t sum = 0;
  size_t next = 0;
  for (size_t slot = 0; slot < run.depth && next < run.reads; ++slot)
    prepare(&run, buffers, slot, next++);
  for (size_t done = 0; done < run.reads;) {
    check(io_uring_submit_and_wait(&ring, 1), "io_uring_enter");
    done += take_answers(&run, buffers, &next, &sum);
  }
  finish(&run, sum);
  io_uring_queue_exit(&ring);
  free(buffers);
}
