#pragma once

// What the programs in C and C++ have in common, so that they differ in how they sleep and in
// nothing else: the command line, the delays, the clocks, and the line that is printed. The ones in
// Go and Python do the same in their own words.

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../process.h"

/// One measurement. All times are nanoseconds.
typedef struct {
  const char* peer;
  size_t n;               // sleepers
  uint64_t longest;       // no delay is longer
  uint64_t random_state;  // of the generator of the delays
  uint64_t started_at;    // on the monotonic clock
  uint64_t cpu_at_start;  // what the process has used of the processor, user and system
  size_t memory_at_start;
  uint32_t* late_us;  // of each sleeper, in the order of their waking
  size_t woken;       // so many entries of late_us are filled in
  size_t early;       // those that woke before their deadline
} Run;

// Not inlined, nor is next_delay: a coroutine's frame would keep room for their local variables.
__attribute__((noinline)) static uint64_t now(void) {
  return read_clock(CLOCK_MONOTONIC);
}

/// The next delay: evenly spread from one millisecond to the longest, the same in every program.
/// The generator is splitmix64.
__attribute__((noinline)) static uint64_t next_delay(Run* run) {
  const uint64_t shortest = 1000000;
  uint64_t bits = run->random_state += 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  bits ^= bits >> 31;
  return shortest + bits % (run->longest - shortest + 1);
}

/// A number that is not negative, nor so large that it could not be meant.
static inline bool read_number(const char* text, double* number) {
  char* end = NULL;
  *number = strtod(text, &end);
  return end != text && *end == '\0' && *number >= 0 && *number <= 1e8;
}

/// Reads `N [--seconds S]` and, where a program has one, an option of its own with a number.
static inline Run read_command_line(const char* peer, int argc, char** argv, const char* own_option,
                                    double* own_number) {
  double n = 0;
  double seconds = 2;
  const double own_default = own_option == NULL ? 0 : *own_number;
  bool fine = argc >= 2 && argc % 2 == 0 && read_number(argv[1], &n);
  for (int i = 2; fine && i < argc; i += 2) {
    if (strcmp(argv[i], "--seconds") == 0) {
      fine = read_number(argv[i + 1], &seconds);
    } else {
      fine = own_option != NULL && strcmp(argv[i], own_option) == 0 &&
             read_number(argv[i + 1], own_number);
    }
  }
  if (!fine || n < 1 || seconds < 0.001 || seconds > 1000) {
    fprintf(stderr, "usage: sleepers-%s N [--seconds 2]", peer);
    if (own_option != NULL) fprintf(stderr, " [%s %g]", own_option, own_default);
    fputc('\n', stderr);
    exit(2);
  }
  Run run;
  memset(&run, 0, sizeof run);
  run.peer = peer;
  run.n = (size_t)n;
  run.longest = (uint64_t)(seconds * 1e9);
  return run;
}

/// To be called right before the first sleeper is made.
static inline void begin(Run* run) {
  // Filled in now, so that its memory counts for no sleeper.
  run->late_us = (uint32_t*)malloc(run->n * sizeof(uint32_t));
  if (run->late_us == NULL) abort();
  memset(run->late_us, 0xff, run->n * sizeof(uint32_t));
  run->memory_at_start = resident_bytes("VmRSS");
  run->started_at = now();
  run->cpu_at_start = read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/// A sleeper is awake, at `moment`.
static inline void woke(Run* run, uint64_t deadline, uint64_t moment) {
  if (moment < deadline) ++run->early;
  run->late_us[run->woken++] = moment < deadline ? 0 : (uint32_t)((moment - deadline) / 1000);
}

static inline int in_order(const void* a, const void* b) {
  const uint32_t x = *(const uint32_t*)a;
  const uint32_t y = *(const uint32_t*)b;
  return (x > y) - (x < y);
}

/// To be called when all sleepers have ended. Prints the line.
static inline void finish(Run* run) {
  const uint64_t cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - run->cpu_at_start;
  const uint64_t wall = now() - run->started_at;
  const double bytes = (double)resident_bytes("VmHWM") - (double)run->memory_at_start;
  if (run->woken != run->n) {
    fprintf(stderr, "sleepers-%s: only %zu of %zu woke\n", run->peer, run->woken, run->n);
    exit(1);
  }
  qsort(run->late_us, run->n, sizeof(uint32_t), in_order);
  printf(
      "{\"peer\":\"%s\",\"n\":%zu,\"seconds\":%.4f,\"cpu_seconds\":%.4f,\"bytes_each\":%.0f,"
      "\"early\":%zu,\"max_late_ms\":%.3f,\"p99_late_ms\":%.3f}\n",
      run->peer, run->n, (double)wall / 1e9, (double)cpu / 1e9, bytes / (double)run->n, run->early,
      run->late_us[run->n - 1] / 1e3, run->late_us[(run->n - 1) * 99 / 100] / 1e3);
  free(run->late_us);
}
