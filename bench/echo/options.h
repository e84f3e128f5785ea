#pragma once

// The command line that all echo servers share, in the words that C and C++ have in common.

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

struct Options {
  uint16_t port;       // at 127.0.0.1; 0: the kernel picks one
  size_t buffer;       // bytes that one receive may take; more than 0
  uint64_t last_byte;  // the server ends when it has sent so many back; UINT64_MAX: never
};

__attribute__((noreturn)) static inline void exit_with_usage(const char* program) {
  fprintf(stderr,
          "usage: %s [--port PORT] [--buffer BYTES] [--requests COUNT --size BYTES]\n"
          "Echoes what comes to 127.0.0.1:PORT, for ever or COUNT * BYTES bytes.\n",
          program);
  exit(2);
}

static inline uint64_t parse_number(const char* program, const char* text, uint64_t least,
                                    uint64_t most) {
  char* end = NULL;
  errno = 0;
  const unsigned long long number = strtoull(text, &end, 10);
  const int is_number = *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
  if (!is_number || number < least || number > most) exit_with_usage(program);
  return number;
}

static inline struct Options parse_options(int argc, char** argv) {
  static const struct option names[] = {{"port", required_argument, NULL, 'p'},
                                        {"buffer", required_argument, NULL, 'b'},
                                        {"requests", required_argument, NULL, 'r'},
                                        {"size", required_argument, NULL, 's'},
                                        {NULL, 0, NULL, 0}};
  const uint64_t most = 1 << 30;
  struct Options options = {0, 65536, UINT64_MAX};
  uint64_t requests = 0;
  uint64_t size = 0;
  for (;;) {
    const int name = getopt_long(argc, argv, "", names, NULL);
    if (name == -1) break;
    if (name == 'p') {
      options.port = (uint16_t)parse_number(argv[0], optarg, 0, UINT16_MAX);
    } else if (name == 'b') {
      options.buffer = parse_number(argv[0], optarg, 1, most);
    } else if (name == 'r') {
      requests = parse_number(argv[0], optarg, 1, most);
    } else if (name == 's') {
      size = parse_number(argv[0], optarg, 1, most);
    } else {
      exit_with_usage(argv[0]);
    }
  }
  if (optind != argc || (requests == 0) != (size == 0)) exit_with_usage(argv[0]);
  if (requests != 0) options.last_byte = requests * size;
  return options;
}

// Room for 10,000 clients: as many descriptors as the system allows.
static inline void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Tells whoever started the server where it listens.
static inline void announce(unsigned port) {
  printf("listening %u\n", port);
  fflush(stdout);
}
