#pragma once

// What the programs in C and C++ have in common, so that they differ in how they wait and in
// nothing else: the command line, the dialogue, the clocks, and the line that is printed. The ones
// in Go and Python do the same in their own words.
//
// The dialogue of one session: log in with a password, open a shell on a terminal, read up to the
// prompt, send one command, read up to the prompt again, close. No command is sent before all have
// read their first prompt: the sessions are open at once, however fast the server is. The key of
// the server is not looked at, as it is the same machine.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../process.h"

#define USERNAME "cisco"
#define PASSWORD "cisco"
#define COMMAND "show clock\n"
#define PROMPT '>'

// What every peer offers, so that all of them compute the same; --kex names another way to exchange
// keys. `--watch yes` asks rondo for a task that sees how long the loop is held up, `--fill yes`
// the limit to have the kernel fill the pages of a session at once, as rondo does.
#define USUAL_KEY_EXCHANGE "curve25519-sha256"
#define CIPHER "aes256-ctr"
#define MAC "hmac-sha2-256"
#define HOST_KEY "ssh-ed25519"

/// One measurement. Times are nanoseconds.
typedef struct {
  const char* peer;
  uint16_t port;
  size_t sessions;
  const char* key_exchange;
  int watch;
  int fill;
  uint64_t started_at;
  uint64_t cpu_at_start;  // what the process has used of the processor, user and system
  size_t memory_at_start;
} Run;

static inline Run read_command_line(const char* peer, int argc, char** argv) {
  Run run;
  memset(&run, 0, sizeof run);
  run.peer = peer;
  run.key_exchange = USUAL_KEY_EXCHANGE;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--port") == 0) run.port = (uint16_t)strtoul(argv[i + 1], NULL, 10);
    if (strcmp(argv[i], "--sessions") == 0) run.sessions = strtoul(argv[i + 1], NULL, 10);
    if (strcmp(argv[i], "--kex") == 0) run.key_exchange = argv[i + 1];
    if (strcmp(argv[i], "--watch") == 0) run.watch = strcmp(argv[i + 1], "yes") == 0;
    if (strcmp(argv[i], "--fill") == 0) run.fill = strcmp(argv[i + 1], "yes") == 0;
  }
  if (run.port == 0 || run.sessions == 0 || run.sessions > 20000 || argc % 2 != 1) {
    fprintf(stderr,
            "usage: ssh-%s --port PORT --sessions N [--kex NAME] [--watch yes] [--fill yes]\n",
            peer);
    exit(2);
  }
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return run;
}

static inline struct sockaddr_in server_address(const Run* run) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons(run->port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static inline void begin(Run* run) {
  run->memory_at_start = resident_bytes("VmRSS");
  run->started_at = read_clock(CLOCK_MONOTONIC);
  run->cpu_at_start = read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

/// Prints the line. `held_ms`: the longest that a task which only wants to run every millisecond
/// was kept from it; negative where there is none. `computed_ms`: the longest that the loop's
/// thread computed in such a time.
static inline void finish(const Run* run, double held_ms, double computed_ms) {
  const double cpu = (double)(read_clock(CLOCK_PROCESS_CPUTIME_ID) - run->cpu_at_start);
  const double wall = (double)(read_clock(CLOCK_MONOTONIC) - run->started_at);
  const double bytes = (double)resident_bytes("VmHWM") - (double)run->memory_at_start;
  const double n = (double)run->sessions;
  printf("{\"peer\":\"%s\",\"sessions\":%zu,\"seconds\":%.4f,\"cpu_ms_each\":%.4f,\"kb_each\":%.1f",
         run->peer, run->sessions, wall / 1e9, cpu / 1e6 / n, bytes / 1024 / n);
  if (held_ms >= 0) printf(",\"held_ms\":%.3f,\"computed_ms\":%.3f", held_ms, computed_ms);
  printf("}\n");
}
