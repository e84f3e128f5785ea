// rondo-lab: virtual devices on loopback, so that every example runs with no hardware.
//
// It starts the routers of a YAML file, or makes up as many as are asked for, prints one line per
// device and then `ready`, and runs until SIGINT, SIGTERM or SIGHUP, or until its time is over. The
// exit status is 0 then, 1 when it could not start, and 2 when it was called wrongly.
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

#include <rondo/lab/generate.h>
#include <rondo/lab/inventory.h>
#include <rondo/lab/known_hosts.h>
#include <rondo/lab/platform.h>
#include <rondo/lab/router.h>
#include <rondo/lab/server.h>
#include <rondo/lab/written_file.h>

namespace {

using namespace rondo::lab;

struct Options {
  std::string routers = RONDO_LAB_ROUTERS;
  std::string known_hosts;         // empty: none is written
  std::string inventory;           // the same
  std::string password_env;        // empty: the inventory has the passwords
  std::optional<double> run_time;  // seconds; empty: until a signal
  std::string faults;
  double delay = 0;  // seconds
  LabPlan plan;
};

std::string footer() {
  return fmt::format("Platforms: {}\nFaults: {}\n", platform_list(), fault_list());
}

// `--devices` and what belongs to it; the other options are for a described lab too.
void add_plan_options(CLI::App& app, Options& options) {
  const std::map<std::string, TransportMix> transports = {
      {"ssh", TransportMix::ssh}, {"telnet", TransportMix::telnet}, {"mixed", TransportMix::mixed}};
  LabPlan& plan = options.plan;
  CLI::Option* const devices =
      app.add_option("--devices", plan.devices, "make up so many devices instead, in a ring");
  const auto add = [&](CLI::Option* option) { option->needs(devices); };
  add(app.add_option("--platforms", plan.platforms, "their platforms, in turn (default: all)")
          ->delimiter(','));
  add(app.add_option("--transport", plan.transports, "ssh, telnet, or mixed: every second one")
          ->transform(CLI::CheckedTransformer(transports).description(""))
          ->option_text("WORD"));
  add(app.add_option("--faults", options.faults,
                     "what is wrong with them: 5% for any fault, or hang=2%,cut=1%"));
  add(app.add_option("--seed", plan.seed, "other devices have the faults"));
  add(app.add_option("--delay", options.delay, "seconds that each show command takes")
          ->check(CLI::Range(0.0, 60.0)));
  add(app.add_option("--first-address", plan.first_address, "where the first one listens"));
  add(app.add_option("--ssh-port", plan.ssh_port, "0 takes any free port"));
  add(app.add_option("--telnet-port", plan.telnet_port, "0 takes any free port"));
}

void add_options(CLI::App& app, Options& options) {
  CLI::Option* const routers =
      app.add_option("--routers", options.routers, "the routers to start (default: the lab's own)")
          ->option_text("FILE");
  app.add_option("--known-hosts", options.known_hosts,
                 "write the host keys there, for clients that check them")
      ->option_text("FILE");
  CLI::Option* const inventory =
      app.add_option("--inventory", options.inventory,
                     "write there where the devices are and how to log in, as YAML")
          ->option_text("FILE");
  app.add_option("--password-env", options.password_env,
                 "the inventory names this variable instead of the passwords")
      ->needs(inventory)
      ->option_text("NAME");
  app.add_option("--for", options.run_time, "stop by itself after so long")
      ->check(CLI::Range(0.0, 1e9))
      ->option_text("SECONDS");
  add_plan_options(app, options);
  app.get_option("--devices")->excludes(routers);
  app.footer(footer());
}

// A connection takes two descriptors, and the usual soft limit is 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// A session's thread needs little, and there may be a thousand.
void use_small_stacks() {
  constexpr std::size_t stack_bytes = 512 * 1024;
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) != 0) return;
  ::pthread_attr_setstacksize(&attributes, stack_bytes);
  ::pthread_setattr_default_np(&attributes);
  ::pthread_attr_destroy(&attributes);
}

// Blocked before any thread exists, so that every thread inherits it and wait_for_end() alone
// gets them.
sigset_t block_ending_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void wait_for_end(const sigset_t& signals, std::optional<double> run_time) {
  using std::chrono::steady_clock;
  const auto begin = steady_clock::now();
  while (true) {
    // An hour at a time when there is no end in sight; a wait may also be cut short by a debugger.
    const std::chrono::duration<double> spent = steady_clock::now() - begin;
    const double left = run_time.value_or(spent.count() + 3600) - spent.count();
    if (left <= 0) return;
    timespec wait{};
    wait.tv_sec = static_cast<std::time_t>(left);
    wait.tv_nsec = static_cast<long>((left - std::floor(left)) * 1e9);
    if (::sigtimedwait(&signals, nullptr, &wait) > 0) return;
  }
}

int run_lab(const Options& options, const std::vector<Router>& routers) {
  const sigset_t signals = block_ending_signals();
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();

  use_small_stacks();

  LabServer server(routers);
  server.start();
  if (!options.known_hosts.empty()) write_known_hosts(options.known_hosts, server.endpoints());
  if (!options.inventory.empty()) {
    // Whole, since relative paths of an inventory begin where it lies.
    const std::string known_hosts =
        options.known_hosts.empty() ? "" : std::filesystem::absolute(options.known_hosts).string();
    write_file(options.inventory,
               inventory_text(routers, server.endpoints(), {known_hosts, options.password_env}));
  }
  for (const LabEndpoint& endpoint : server.endpoints()) {
    fmt::print("{} {}:{}\n", endpoint.hostname, endpoint.address, endpoint.port);
  }
  fmt::print("ready\n");
  std::fflush(stdout);

  wait_for_end(signals, options.run_time);
  server.stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Virtual network devices on loopback: starts them, prints where each listens and then "
      "\"ready\", and runs until it is interrupted.",
      "rondo-lab");
  Options options;
  try {
    add_options(app, options);
    app.parse(argc, argv);
    LabPlan& plan = options.plan;
    plan.delay = std::chrono::milliseconds(std::lround(options.delay * 1000));
    plan.faults = parse_fault_shares(options.faults);
    const bool made_up = app.count("--devices") > 0;
    return run_lab(options, made_up ? generate_routers(plan) : load_routers(options.routers));
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return 0;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "rondo-lab: {}; see rondo-lab --help\n", error.what());
    return 2;
  } catch (const PlanError& error) {
    fmt::print(stderr, "rondo-lab: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "rondo-lab: {}\n", error.what());
    return 1;
  }
}
