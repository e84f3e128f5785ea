#include <chrono>

#include <rondo/devices/drivers.h>
#include <rondo/devices/errors.h>
#include <rondo/runtime/async_with.h>
#include <rondo/runtime/semaphore.h>
#include <rondo/runtime/task.h>
#include <rondo/runtime/wait.h>
#include <rondo/tools/jobs.h>
#include <rondo/tools/progress.h>

namespace rondo::tools {

namespace {

using std::chrono::steady_clock;

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

Trouble kind_of(const std::exception_ptr& error, std::string& reason) {
  const auto noted = [&reason](const auto& caught, Trouble trouble) {
    reason = caught.what();
    return trouble;
  };
  try {
    std::rethrow_exception(error);
  } catch (const devices::AuthenticationFailed& caught) {
    return noted(caught, Trouble::login);
  } catch (const devices::PrivilegeError& caught) {
    return noted(caught, Trouble::privilege);
  } catch (const devices::CommandFailure& caught) {
    return noted(caught, Trouble::command);
  } catch (const devices::ConnectionError& caught) {
    return noted(caught, Trouble::connection);
  } catch (const devices::Timeout& caught) {
    return noted(caught, Trouble::timeout);
  } catch (const std::exception& caught) {
    return noted(caught, Trouble::other);
  }
}

Coroutine<void> visit(const DeviceJob& job, Outcome& outcome) {
  devices::NetworkDriver driver = devices::make_driver(outcome.device->options);
  const auto body = [&job, &outcome](devices::NetworkDriver& open) { return job(open, outcome); };
  co_await async_with(std::move(driver), body);
}

/// Whatever becomes of it is noted in the outcome; throws CancelledError alone.
Coroutine<void> visit_and_note(const DeviceJob& job, Outcome& outcome) {
  const auto start = steady_clock::now();
  outcome.reason = "interrupted";
  try {
    co_await visit(job, outcome);
    outcome.trouble = Trouble::none;
    outcome.reason.clear();
  } catch (const CancelledError&) {
    throw;
  } catch (...) {
    outcome.trouble = kind_of(std::current_exception(), outcome.reason);
  }
  outcome.seconds = seconds_since(start);
}

Coroutine<void> keep_and_note(const OutcomeKeeper& keep, Outcome& outcome) {
  try {
    co_await keep(outcome);
  } catch (const CancelledError&) {
    outcome.trouble = Trouble::interrupted;
    outcome.reason = "interrupted while its output was written";
    throw;
  } catch (const std::exception& error) {
    outcome.trouble = Trouble::other;
    outcome.reason = error.what();
  }
}

Coroutine<void> visit_in_turn(Semaphore& places, const DeviceJob& job, const OutcomeKeeper& keep,
                              Outcome& outcome, Progress& progress) {
  const auto place = co_await places.hold();
  progress.started();
  co_await visit_and_note(job, outcome);
  co_await keep_and_note(keep, outcome);
  progress.finished(outcome.trouble != Trouble::none);
}

}  // namespace

Coroutine<JobResult> run_job(const std::vector<devices::InventoryDevice>& devices,
                             std::size_t limit, const DeviceJob& job, const OutcomeKeeper& keep) {
  const auto start = steady_clock::now();
  JobResult result;
  result.outcomes.resize(devices.size());
  Progress progress(devices.size());
  Semaphore places(limit);
  std::vector<Task<void>> tasks;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    Outcome& outcome = result.outcomes[i];
    outcome.device = &devices[i];
    tasks.push_back(
        create_task(visit_in_turn(places, job, keep, outcome, progress), devices[i].name));
  }
  try {
    co_await wait(tasks);
  } catch (const CancelledError&) {
    result.interrupted = true;
  }
  if (result.interrupted) {
    for (Task<void>& task : tasks)
      task.cancel();
    co_await wait(tasks);
  }
  result.seconds = seconds_since(start);
  co_return result;
}

}  // namespace rondo::tools
