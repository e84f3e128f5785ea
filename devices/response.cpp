#include <algorithm>
#include <utility>

#include <rondo/devices/errors.h>
#include <rondo/devices/response.h>

namespace rondo::devices {

namespace {

std::string line_of(std::string_view text, std::size_t position) {
  const std::size_t newline = text.rfind('\n', position);
  const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
  return std::string(text.substr(begin, std::min(text.find('\n', position), text.size()) - begin));
}

}  // namespace

Response::Response(std::string host_name, std::string peer, std::string input,
                   std::vector<std::string> failures)
    : host(std::move(host_name)),
      channel_input(std::move(input)),
      failed_when_contains(std::move(failures)),
      start_time(std::chrono::system_clock::now()),
      finish_time(start_time),
      peer_(std::move(peer)) {}

void Response::record(std::string raw, std::string text, Duration elapsed) {
  raw_result = std::move(raw);
  result = std::move(text);
  elapsed_time = elapsed;
  finish_time =
      start_time + std::chrono::duration_cast<std::chrono::system_clock::duration>(elapsed);
  const auto found = std::ranges::find_if(failed_when_contains, [this](const std::string& part) {
    return result.find(part) != std::string::npos;
  });
  failed = found != failed_when_contains.end();
  failed_by = failed ? *found : std::string();
}

void Response::raise_for_status() const {
  if (!failed) return;
  if (failed_by.empty()) throw CommandFailure(peer_ + ": '" + channel_input + "' was not answered");
  const std::string line = line_of(result, result.find(failed_by));
  throw CommandFailure(peer_ + ": '" + channel_input + "' failed: " + line);
}

bool MultiResponse::failed() const noexcept {
  return std::ranges::any_of(data, &Response::failed);
}

std::string MultiResponse::result() const {
  std::string text;
  for (const Response& response : data) {
    if (!text.empty()) text += '\n';
    text += response.channel_input + "\n" + response.result;
  }
  return text;
}

void MultiResponse::raise_for_status() const {
  for (const Response& response : data)
    response.raise_for_status();
}

}  // namespace rondo::devices
