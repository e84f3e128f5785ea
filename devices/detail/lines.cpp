#include <rondo/devices/detail/lines.h>
#include <rondo/runtime/async_with.h>
#include <rondo/runtime/open_file.h>

namespace rondo::devices::detail {

Coroutine<std::vector<std::string>> lines_of(std::string path) {
  std::vector<std::string> lines;
  const auto read = [&lines](File file) -> Coroutine<void> {
    while (auto line = co_await file.next()) {
      line->erase(line->find_last_not_of("\r\n") + 1);
      if (!line->empty()) lines.push_back(std::move(*line));
    }
  };
  co_await async_with(open_file(std::move(path), "r"), read);
  co_return lines;
}

}  // namespace rondo::devices::detail
