#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

// What the programs in C++ share: the command line, and a line of JSON for each row, with the
// nanoseconds of CPU time that one step takes. The ones in Go and Python do the same in their own
// words.

namespace steps {

constexpr double usual_seconds = 0.5;  // each row is measured so long, at least

class LinesOfJson final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      std::printf("{\"name\": \"%s\", \"ns\": %.3f}\n", run.run_name.function_name.c_str(),
                  run.GetAdjustedCPUTime());
      std::fflush(stdout);
    }
  }
};

inline int refuse(const char* program) {
  std::fprintf(stderr, "usage: %s [--repeat-scale 1] [--benchmark_filter=ROW]\n", program);
  return 2;
}

/// A positive number; 0 for everything else.
inline double read_scale(const char* text) {
  char* end = nullptr;
  const double scale = std::strtod(text, &end);
  return end != text && *end == '\0' && std::isfinite(scale) && scale > 0 ? scale : 0;
}

/// Measures the rows that are registered. `--repeat-scale X` makes that X times as long; the other
/// options are Google Benchmark's. Returns the exit status.
inline int run_all(int argc, char** argv) {
  double scale = 1;
  std::string length;
  std::vector<char*> others{argv[0], nullptr};  // the length first, so that the user's own one wins
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--repeat-scale") != 0) {
      others.push_back(argv[i]);
      continue;
    }
    if (++i == argc) return refuse(argv[0]);
    scale = read_scale(argv[i]);
    if (scale == 0) return refuse(argv[0]);
  }
  length = "--benchmark_min_time=" + std::to_string(usual_seconds * scale);
  others[1] = length.data();

  int count = static_cast<int>(others.size());
  others.push_back(nullptr);
  benchmark::Initialize(&count, others.data());
  if (benchmark::ReportUnrecognizedArguments(count, others.data())) return refuse(argv[0]);
  LinesOfJson lines;
  benchmark::RunSpecifiedBenchmarks(&lines);
  return 0;
}

}  // namespace steps
