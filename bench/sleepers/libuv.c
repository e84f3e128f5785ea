// libuv, which has callbacks and no coroutines: a timer for each sleeper.
//
//   sleepers-libuv N [--seconds 2]

#include <stdint.h>
#include <stdlib.h>
#include <uv.h>

#include "measure.h"

typedef struct {
  uv_timer_t timer;
  uint64_t deadline;
} Sleeper;

static void wake_up(uv_timer_t* timer) {
  Sleeper* self = (Sleeper*)timer;
  woke(timer->loop->data, self->deadline, now());
  uv_close((uv_handle_t*)timer, NULL);
}

static void start(uv_loop_t* loop, Sleeper* self) {
  const uint64_t delay = next_delay(loop->data);
  self->deadline = now() + delay;
  // The loop counts in whole milliseconds, and its clock may be behind by nearly one: hence one
  // more, or a sleeper would wake early. And the clock stands still between turns, so it is set.
  uv_update_time(loop);
  uv_timer_init(loop, &self->timer);
  uv_timer_start(&self->timer, wake_up, delay / 1000000 + 2, 0);
}

int main(int argc, char** argv) {
  Run run = read_command_line("libuv", argc, argv, NULL, NULL);
  uv_loop_t loop;
  if (uv_loop_init(&loop) != 0) return 1;
  loop.data = &run;
  begin(&run);
  Sleeper* sleepers = malloc(run.n * sizeof(Sleeper));
  if (sleepers == NULL) return 1;
  for (size_t i = 0; i < run.n; ++i)
    start(&loop, &sleepers[i]);
  uv_run(&loop, UV_RUN_DEFAULT);
  finish(&run);
  free(sleepers);
  return uv_loop_close(&loop) != 0;
}
