// A thread for each sleeper, with as small a stack as one dares. Beyond 30,000 there are none to be
// had: each takes a number of the 32,768 that processes and threads share by default.
//
//   sleepers-threads N [--seconds 2]

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <pthread.h>
#include <time.h>

#include "measure.h"

namespace {

constexpr std::size_t most = 30'000;
constexpr std::size_t stack_size = 64 * 1024;
constexpr int cannot = 3;  // the exit status that says so

struct Sleeper {
  pthread_t thread;
  std::uint64_t delay;
  std::uint64_t deadline;
  std::uint64_t woke_at;
};

void* sleep_once(void* argument) {
  Sleeper& self = *static_cast<Sleeper*>(argument);
  self.deadline = now() + self.delay;
  const timespec delay{static_cast<time_t>(self.delay / 1'000'000'000),
                       static_cast<long>(self.delay % 1'000'000'000)};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, nullptr);
  self.woke_at = now();
  return nullptr;
}

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "sleepers-threads: %s\n", why);
  std::exit(cannot);
}

}  // namespace

int main(int argc, char** argv) {
  Run run = read_command_line("threads", argc, argv, nullptr, nullptr);
  if (run.n > most) give_up("more than 30,000 threads are more than a process can have");
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_size);

  begin(&run);
  std::vector<Sleeper> sleepers(run.n);
  for (Sleeper& sleeper : sleepers) {
    sleeper.delay = next_delay(&run);
    const int error = pthread_create(&sleeper.thread, &attributes, sleep_once, &sleeper);
    if (error != 0) give_up(std::strerror(error));
  }
  for (const Sleeper& sleeper : sleepers) {
    pthread_join(sleeper.thread, nullptr);
    woke(&run, sleeper.deadline, sleeper.woke_at);
  }
  finish(&run);
  pthread_attr_destroy(&attributes);
}
