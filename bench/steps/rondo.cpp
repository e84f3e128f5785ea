// What each step of the runtime costs.

#include <rondo/runtime/run.h>

#include "rondo_rows.h"
#include "rows.h"

namespace {

using benchmark::State;

template <rondo::Coroutine<> (*row)(State&)>
void on_a_loop(State& state) {
  rondo::run(row(state));
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::RegisterBenchmark("yield", on_a_loop<steps::yield<State>>);
  benchmark::RegisterBenchmark("await", on_a_loop<steps::await<State>>);
  benchmark::RegisterBenchmark("spawn_join", on_a_loop<steps::spawn_join<State>>);
  benchmark::RegisterBenchmark("queue", on_a_loop<steps::queue<State>>);
  benchmark::RegisterBenchmark("lock_handoff", on_a_loop<steps::lock_handoff<State>>);
  benchmark::RegisterBenchmark("lock_free", on_a_loop<steps::lock_free<State>>);
  benchmark::RegisterBenchmark("timer", on_a_loop<steps::timer<State>>);
  benchmark::RegisterBenchmark("wait_for", on_a_loop<steps::wait_for<State>>);
  return steps::run_all(argc, argv);
}
