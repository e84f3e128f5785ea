#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <rondo/devices/network_driver.h>
#include <rondo/runtime/coroutine.h>
#include <rondo/tools/outcome.h>

// A job that is done at many devices at once.

namespace rondo::tools {

class JobResult {
 public:
  JobResult() = default;

  std::vector<Outcome> outcomes;  // in the order of the inventory
  bool interrupted = false;       // by Ctrl-C
  double seconds = 0;
};

/// What to do at a device that is open. What it puts into the outcome is kept, even if it throws.
using DeviceJob = std::function<Coroutine<void>(devices::NetworkDriver& driver, Outcome& outcome)>;

/// What to do with an outcome once it is known, before the next device takes the place. What it
/// throws becomes the device's trouble.
using OutcomeKeeper = std::function<Coroutine<void>(const Outcome& outcome)>;

/// Does the job at each device, at `limit` of them at a time. Whatever happens at one does not stop
/// the others. When the task is cancelled, as it is by Ctrl-C, all devices are left, which is
/// awaited, and what is done is returned.
Coroutine<JobResult> run_job(const std::vector<devices::InventoryDevice>& devices,
                             std::size_t limit, const DeviceJob& job, const OutcomeKeeper& keep);

}  // namespace rondo::tools
