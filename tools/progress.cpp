#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include <rondo/tools/progress.h>

namespace rondo::tools {

namespace {

constexpr std::size_t bar_width = 30;
constexpr std::chrono::milliseconds between_drawings{50};

}  // namespace

Progress::Progress(std::size_t all) : is_shown_(::isatty(STDERR_FILENO) == 1), all_(all) {}

Progress::~Progress() {
  if (is_shown_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::started() {
  ++running_;
  draw();
}

void Progress::finished(bool failed) {
  --running_;
  ++done_;
  failed_ += failed ? 1 : 0;
  draw();
}

void Progress::draw() {
  const auto now = std::chrono::steady_clock::now();
  if (!is_shown_ || (now - drawn_ < between_drawings && done_ < all_)) return;
  drawn_ = now;
  const std::size_t filled = bar_width * done_ / all_;
  fmt::print(stderr, "\r[{}{}] {} of {}, {} failed, {} at work\x1b[K", std::string(filled, '#'),
             std::string(bar_width - filled, '.'), done_, all_, failed_, running_);
  std::fflush(stderr);
}

}  // namespace rondo::tools
