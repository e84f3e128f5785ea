#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include <rondo/devices/errors.h>
#include <rondo/devices/inventory.h>
#include <rondo/devices/platform.h>
#include <rondo/devices/printable.h>
#include <rondo/runtime/atomic_file.h>
#include <rondo/runtime/run.h>
#include <rondo/tools/commands.h>
#include <rondo/tools/errors.h>
#include <rondo/tools/input.h>
#include <rondo/tools/jobs.h>
#include <rondo/tools/report.h>
#include <rondo/tools/templates.h>

// The commands that talk to devices.

namespace rondo::tools {

namespace {

namespace fs = std::filesystem;

void make_directory(const std::string& path, const char* option) {
  if (path.empty()) return;
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    throw UsageError(fmt::format("{} {}: cannot be made: {}", option, path, error.message()));
  }
}

std::vector<std::string> lines_of(const CommandLine& line) {
  std::vector<std::string> lines = line.file.empty() ? line.lines : read_lines(line.file);
  for (const std::string& one : lines) {
    if (std::ranges::any_of(one, [](unsigned char c) { return c < 0x20 && c != '\t'; })) {
      throw UsageError(
          "what is sent must be lines without control characters; for several lines, "
          "quote each, or use --file");
    }
  }
  if (lines.empty()) throw UsageError(line.file + ": there is nothing to send in it");
  return lines;
}

/// The devices that were asked for, with all that is needed to log in.
devices::Inventory inventory_of(const CommandLine& line) {
  if (!line.platform.empty()) devices::find_platform(line.platform);
  auto inventory = devices::Inventory::load(line.inventory, line.platform);
  inventory.filter(line.filters);
  return inventory;
}

/// The last step before something is sent.
void prepare(devices::Inventory& inventory, const CommandLine& line) {
  make_directory(line.out, "--out");
  make_directory(line.save_log, "--save-log");
  inventory.prepare();
  for (const std::string& warning : inventory.warnings())
    fmt::print(stderr, "rondo: warning: {}\n", warning);
  for (devices::InventoryDevice& device : inventory.devices()) {
    if (line.timeout) {
      device.options.timeout_ops =
          std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*line.timeout));
    }
    if (line.save_log.empty()) continue;
    try {
      device.options.channel_log =
          devices::log_to_file((fs::path(line.save_log) / (device.name + ".log")).string());
    } catch (const OSError& error) {
      throw UsageError(std::string("--save-log: ") + error.what());
    }
  }
}

const char* ending_of(Format format) {
  if (format == Format::json) return ".json";
  return format == Format::csv ? ".csv" : ".txt";
}

/// With --out, writes the file of a device whose commands were all answered, well or not.
Coroutine<void> write_output(const CommandLine& line, const Outcome& outcome) {
  const bool is_whole = outcome.trouble == Trouble::none || outcome.trouble == Trouble::command;
  if (line.out.empty() || !is_whole) co_return;
  const fs::path path = fs::path(line.out) / (outcome.device->name + ending_of(line.format));
  const std::vector<const Outcome*> alone{&outcome};
  std::string text = output_of(alone, line);
  co_await write_atomic(path.string(), std::move(text));
}

JobResult run(devices::Inventory& inventory, const CommandLine& line, const DeviceJob& job) {
  raise_descriptor_limit();
  const OutcomeKeeper keep = [&line](const Outcome& outcome) {
    return write_output(line, outcome);
  };
  return rondo::run(run_job(inventory.devices(), static_cast<std::size_t>(line.limit), job, keep));
}

std::vector<const Outcome*> outcomes_of(const JobResult& result) {
  std::vector<const Outcome*> outcomes;
  outcomes.reserve(result.outcomes.size());
  for (const Outcome& outcome : result.outcomes)
    outcomes.push_back(&outcome);
  return outcomes;
}

int run_and_report(devices::Inventory& inventory, const CommandLine& line, const DeviceJob& job) {
  const JobResult result = run(inventory, line, job);
  if (line.out.empty()) print_output(output_of(outcomes_of(result), line));
  print_summary(result);
  return exit_status(result);
}

void raise_for_status(const Outcome& outcome) {
  for (const devices::Response& response : outcome.responses)
    response.raise_for_status();
}

Coroutine<void> send_to(devices::NetworkDriver& driver, Outcome& outcome, const CommandLine& line,
                        const std::vector<std::string>& commands, Templates& templates) {
  for (const std::string& command : commands) {
    auto response = co_await driver.send_command(command);
    outcome.responses.push_back(std::move(response));
    const devices::Response& last = outcome.responses.back();
    if (last.failed && line.stop_on_failed) break;
    if (line.textfsm && !last.failed) {
      outcome.sheets.push_back(templates.parse(outcome.device->options, command, last.result));
    }
  }
  raise_for_status(outcome);
}

/// Sends the lines, and makes them take effect or drops them, where the platform has that.
Coroutine<void> configure(devices::NetworkDriver& driver, Outcome& outcome, const CommandLine& line,
                          const std::vector<std::string>& lines) {
  devices::SendOptions options;
  options.stop_on_failed = line.stop_on_failed;
  const bool commits = !driver.platform().commit.empty();
  auto changes = co_await driver.send_configs(lines, options);
  outcome.responses = changes.data;
  std::exception_ptr error;
  if (commits && !changes.failed()) {
    try {
      auto response = co_await driver.commit(line.commit_comment);
      outcome.responses.push_back(std::move(response));
    } catch (const devices::DeviceError&) {
      error = std::current_exception();
    }
  }
  if (commits && (error || changes.failed()) && driver.is_usable()) co_await driver.abort_config();
  if (error) std::rethrow_exception(error);
  raise_for_status(outcome);
}

Coroutine<void> ask_for_prompt(devices::NetworkDriver& driver, Outcome& outcome) {
  outcome.prompt = co_await driver.get_prompt();
}

}  // namespace

int send(const CommandLine& line) {
  const std::vector<std::string> commands = lines_of(line);
  auto inventory = inventory_of(line);
  Templates templates(line.templates);
  if (line.textfsm) templates.check(inventory.devices(), commands);
  prepare(inventory, line);
  CommandLine shown = line;
  if (line.textfsm && line.format == Format::text) shown.format = Format::table;
  const DeviceJob job = [&](devices::NetworkDriver& driver, Outcome& outcome) {
    return send_to(driver, outcome, shown, commands, templates);
  };
  return run_and_report(inventory, shown, job);
}

int config(const CommandLine& line) {
  const std::vector<std::string> lines = lines_of(line);
  auto inventory = inventory_of(line);
  prepare(inventory, line);
  const DeviceJob job = [&](devices::NetworkDriver& driver, Outcome& outcome) {
    return configure(driver, outcome, line, lines);
  };
  return run_and_report(inventory, line, job);
}

int ping(const CommandLine& line) {
  auto inventory = inventory_of(line);
  prepare(inventory, line);
  const JobResult result = run(inventory, line, ask_for_prompt);
  Sheet sheet;
  sheet.header = {"DEVICE", "ADDRESS", "PROMPT", "SECONDS"};
  for (const Outcome& outcome : result.outcomes) {
    if (outcome.trouble != Trouble::none) continue;
    sheet.rows.push_back({outcome.device->name, outcome.device->options.peer(), outcome.prompt,
                          fmt::format("{:.3f}", outcome.seconds)});
  }
  print_output(line.format == Format::json ? to_json(outcomes_of(result))
                                           : devices::printable(to_text(sheet, line.format)));
  print_summary(result);
  return exit_status(result);
}

}  // namespace rondo::tools
