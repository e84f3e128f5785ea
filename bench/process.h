#pragma once

// What a program can say of itself: its clocks, and its memory.

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/// Nanoseconds.
static inline uint64_t read_clock(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/// Bytes, as the kernel counts them: VmRSS is what is resident, VmHWM the most that ever was.
/// (ru_maxrss will not do: a program inherits it from the one that started it.)
static inline size_t resident_bytes(const char* field) {
  char line[256];
  size_t kilobytes = 0;
  const size_t length = strlen(field);
  FILE* status = fopen("/proc/self/status", "r");
  if (status == NULL) return 0;
  while (fgets(line, sizeof line, status) != NULL) {
    if (strncmp(line, field, length) == 0) kilobytes = strtoul(line + length + 1, NULL, 10);
  }
  fclose(status);
  return kilobytes * 1024;
}
