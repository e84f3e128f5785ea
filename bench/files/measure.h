#pragma once

// What the programs in C and C++ have in common, so that they differ in how they read and in
// nothing else: the command line, which block comes when, the clocks, and the line that is printed.
// The ones in Go and Python do the same in their own words.

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../process.h"

enum { block_size = 4096 };

/// One measurement. All times are nanoseconds.
typedef struct {
  const char* peer;
  int fd;
  size_t blocks;          // of the file
  size_t reads;           // to be made
  size_t depth;           // so many are under way at any time; 1 when they are sequential
  bool random;            // the order of the blocks; else one after the other
  bool direct;            // past the page cache
  bool own_flag;          // the option that only this program has was given
  uint64_t started_at;    // on the monotonic clock
  uint64_t cpu_at_start;  // what the process and its threads have used, user and system
} Run;

/// Number `index` of the row that the generator splitmix64 makes.
static inline uint64_t random_number(uint64_t index) {
  uint64_t bits = (index + 1) * 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

/// Where the read number `index` begins, the same in every program.
static inline uint64_t offset_of(const Run* run, size_t index) {
  const size_t block = run->random ? random_number(index) % run->blocks : index % run->blocks;
  return (uint64_t)block * block_size;
}

/// A block's share in the checksum, which is a sum: its first word.
static inline uint64_t first_word(const void* block) {
  uint64_t word = 0;
  memcpy(&word, block, sizeof word);
  return word;
}

/// Ends the program unless the read has brought a whole block. `result`: bytes, or -errno.
static inline void check_read(const Run* run, long result) {
  if (result == block_size) return;
  fprintf(stderr, "files-%s: a read has failed: %s\n", run->peer,
          result < 0 ? strerror((int)-result) : "not a whole block");
  exit(1);
}

/// Room for `depth` blocks, aligned as the disk wants them. There for good.
static inline unsigned char* make_buffers(const Run* run) {
  unsigned char* buffers = (unsigned char*)aligned_alloc(block_size, run->depth * block_size);
  if (buffers == NULL) abort();
  memset(buffers, 0, run->depth * block_size);
  return buffers;
}

static inline void open_file(Run* run, const char* path) {
  struct stat status;
  run->fd = open(path, O_RDONLY | O_CLOEXEC | (run->direct ? O_DIRECT : 0));
  if (run->fd < 0 || fstat(run->fd, &status) != 0) {
    fprintf(stderr, "files-%s: cannot open %s: %s\n", run->peer, path, strerror(errno));
    exit(1);
  }
  run->blocks = (size_t)status.st_size / block_size;
  if (run->blocks == 0) {
    fprintf(stderr, "files-%s: %s is smaller than a block\n", run->peer, path);
    exit(1);
  }
}

static inline void usage(const char* peer, const char* own_flag) {
  fprintf(stderr,
          "usage: files-%s --file PATH --mode seq|random --reads R [--depth 32] [--direct]%s%s%s\n",
          peer, own_flag ? " [" : "", own_flag ? own_flag : "", own_flag ? "]" : "");
  exit(2);
}

/// Reads the options and opens the file. `own_flag` is an option of this program only, or null.
static inline Run read_command_line(const char* peer, int argc, char** argv, const char* own_flag) {
  const char* path = NULL;
  const char* mode = "";
  Run run;
  memset(&run, 0, sizeof run);
  run.peer = peer;
  run.depth = 32;
  for (int i = 1; i < argc; ++i) {
    const char* option = argv[i];
    if (strcmp(option, "--direct") == 0) {
      run.direct = true;
    } else if (own_flag != NULL && strcmp(option, own_flag) == 0) {
      run.own_flag = true;
    } else if (++i == argc) {
      usage(peer, own_flag);
    } else if (strcmp(option, "--file") == 0) {
      path = argv[i];
    } else if (strcmp(option, "--mode") == 0) {
      mode = argv[i];
    } else if (strcmp(option, "--reads") == 0) {
      run.reads = strtoul(argv[i], NULL, 10);
    } else if (strcmp(option, "--depth") == 0) {
      run.depth = strtoul(argv[i], NULL, 10);
    } else {
      usage(peer, own_flag);
    }
  }
  run.random = strcmp(mode, "random") == 0;
  if (strcmp(mode, "seq") == 0) run.depth = 1;
  const bool has_mode = run.random || strcmp(mode, "seq") == 0;
  if (path == NULL || !has_mode || run.reads < 1 || run.reads > 1000000000 || run.depth < 1 ||
      run.depth > 1024) {
    usage(peer, own_flag);
  }
  open_file(&run, path);
  return run;
}

/// To be called when all that is needed is there, but for threads, right before the first read.
static inline void begin(Run* run) {
  run->started_at = read_clock(CLOCK_MONOTONIC);
  run->cpu_at_start = read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/// To be called when all reads have ended. Prints the line.
static inline void finish(const Run* run, uint64_t checksum) {
  const double cpu = (double)(read_clock(CLOCK_PROCESS_CPUTIME_ID) - run->cpu_at_start);
  const double wall = (double)(read_clock(CLOCK_MONOTONIC) - run->started_at);
  const double reads = (double)run->reads;
  printf(
      "{\"peer\":\"%s\",\"mode\":\"%s\",\"depth\":%zu,\"direct\":%s,\"reads\":%zu,"
      "\"seconds\":%.4f,\"cpu_us_per_read\":%.3f,\"reads_per_second\":%.0f,"
      "\"checksum\":\"%016llx\"}\n",
      run->peer, run->random ? "random" : "seq", run->depth, run->direct ? "true" : "false",
      run->reads, wall / 1e9, cpu / 1e3 / reads, reads / (wall / 1e9),
      (unsigned long long)checksum);
}
