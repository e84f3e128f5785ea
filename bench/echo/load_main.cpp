// echo-load: measures an echo server. It prints one line of JSON.
//
//   taskset -c 0 build/bench/echo/echo-raw &
//   taskset -c 1 build/bench/echo/echo-load --port PORT --connections 64 --size 64 --seconds 3

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include <getopt.h>
#include <sys/resource.h>

#include "load.h"

namespace {

[[noreturn]] void exit_with_usage(const char* program) {
  std::fprintf(stderr,
               "usage: %s --port PORT [--connections COUNT] [--size BYTES]\n"
               "       (--seconds SECONDS | --requests COUNT) [--warmup SECONDS]\n"
               "       [--server-pid PID]\n",
               program);
  std::exit(2);
}

double parse_number(const char* program, const char* text, double least, double most) {
  char* end = nullptr;
  const double number = std::strtod(text, &end);
  if (end == text || *end != '\0' || !(number >= least && number <= most)) exit_with_usage(program);
  return number;
}

double parse_whole_number(const char* program, const char* text, double least, double most) {
  const double number = parse_number(program, text, least, most);
  if (number != std::floor(number)) exit_with_usage(program);
  return number;
}

LoadOptions parse_options(int argc, char** argv) {
  static const option names[] = {{"port", required_argument, nullptr, 'p'},
                                 {"connections", required_argument, nullptr, 'c'},
                                 {"size", required_argument, nullptr, 'b'},
                                 {"seconds", required_argument, nullptr, 's'},
                                 {"requests", required_argument, nullptr, 'r'},
                                 {"warmup", required_argument, nullptr, 'w'},
                                 {"server-pid", required_argument, nullptr, 'i'},
                                 {nullptr, 0, nullptr, 0}};
  LoadOptions options;
  auto whole = [&](double most) { return parse_whole_number(argv[0], optarg, 1, most); };
  auto seconds = [&] { return parse_number(argv[0], optarg, 0, 3600); };
  for (int name = 0; (name = getopt_long(argc, argv, "", names, nullptr)) != -1;) {
    switch (name) {
      case 'p':
        options.port = static_cast<std::uint16_t>(whole(65535));
        break;
      case 'c':
        options.connections = static_cast<std::size_t>(whole(28'000));
        break;
      case 'b':
        options.size = static_cast<std::size_t>(whole(1 << 28));
        break;
      case 's':
        options.seconds = seconds();
        break;
      case 'r':
        options.requests = static_cast<std::uint64_t>(whole(1e12));
        break;
      case 'w':
        options.warmup = seconds();
        break;
      case 'i':
        options.server_pid = static_cast<pid_t>(whole(1 << 30));
        break;
      default:
        exit_with_usage(argv[0]);
    }
  }
  const bool by_time = options.seconds > 0;
  const bool by_count = options.requests > 0;
  if (optind != argc || options.port == 0 || by_time == by_count) exit_with_usage(argv[0]);
  return options;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

double microseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e3;
}

void print_bytes(const char* name, std::optional<std::uint64_t> bytes) {
  if (bytes) {
    std::printf(",\"%s\":%llu", name, static_cast<unsigned long long>(*bytes));
  } else {
    std::printf(",\"%s\":null", name);
  }
}

void print(const LoadOptions& options, const LoadResult& result) {
  const double seconds = static_cast<double>(result.elapsed) / 1e9;
  const auto requests = static_cast<double>(result.requests);
  std::printf("{\"connections\":%zu,\"size\":%zu,\"requests\":%.0f,\"seconds\":%.6f",
              options.connections, options.size, requests, seconds);
  std::printf(",\"requests_per_second\":%.1f", requests / seconds);
  if (result.server_cpu) {
    std::printf(",\"server_cpu_us_per_request\":%.4f", microseconds(*result.server_cpu) / requests);
  } else {
    std::printf(",\"server_cpu_us_per_request\":null");
  }
  std::printf(",\"client_cpu_us_per_request\":%.4f", microseconds(result.client_cpu) / requests);
  std::printf(",\"p50_us\":%.3f,\"p99_us\":%.3f,\"max_us\":%.3f",
              microseconds(result.latency.quantile(0.5)),
              microseconds(result.latency.quantile(0.99)), microseconds(result.latency.max()));
  print_bytes("server_vm_hwm_bytes", result.server_vm_hwm);
  print_bytes("server_rss_bytes", result.server_rss);
  std::printf("}\n");
}

}  // namespace

int main(int argc, char** argv) {
  const LoadOptions options = parse_options(argc, argv);
  raise_descriptor_limit();
  try {
    Load load(options);
    load.connect();
    print(options, load.run());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
