#include <algorithm>

#include <rondo/runtime/stream_reader.h>

namespace rondo {

namespace detail {

namespace {

constexpr std::size_t smallest_room = 4 * 1024;
constexpr std::size_t largest_room = 64 * 1024;

using Buffer = std::shared_ptr<ReaderBuffer>;

/// Where the separator that ends first begins and ends.
struct Match {
  std::size_t begin;
  std::size_t end;
};

std::optional<Match> find_first_to_end(std::string_view bytes, std::size_t from,
                                       const std::vector<std::string>& separators) {
  std::optional<Match> first;
  for (const std::string& separator : separators) {
    const std::size_t begin = bytes.find(separator, from);
    if (begin == std::string_view::npos) continue;
    const std::size_t end = begin + separator.size();
    if (!first || end < first->end) first = Match{begin, end};
  }
  return first;
}

// Nothing is taken out before the end, so that a cancelled read loses nothing.
Coroutine<std::string> read_to_end(Buffer buffer) {
  buffer->check_exception();
  while (!buffer->eof())
    co_await buffer->wait_for_data("read");
  co_return buffer->take(buffer->view().size());
}

Coroutine<std::string> read_some(Buffer buffer, std::size_t count) {
  buffer->check_exception();
  if (count == 0) co_return std::string();
  if (buffer->view().empty() && !buffer->eof()) co_await buffer->wait_for_data("read");
  co_return buffer->take(std::min(count, buffer->view().size()));
}

Coroutine<std::string> read_exactly(Buffer buffer, std::size_t count) {
  buffer->check_exception();
  while (buffer->view().size() < count) {
    if (buffer->eof()) {
      throw IncompleteReadError(buffer->take(buffer->view().size()), count);
    }
    co_await buffer->wait_for_data("readexactly");
  }
  co_return buffer->take(count);
}

Coroutine<std::string> read_until(Buffer buffer, std::vector<std::string> separators) {
  if (separators.empty()) throw ValueError("readuntil needs at least one separator");
  const auto [shortest, longest] = std::ranges::minmax(separators, {}, &std::string::size);
  const std::size_t shortest_size = shortest.size();
  const std::size_t longest_size = longest.size();
  if (shortest_size == 0) throw ValueError("a separator must have at least one byte");
  buffer->check_exception();

  std::size_t searched = 0;  // no separator begins before
  std::optional<Match> match;
  for (;;) {
    const std::string_view bytes = buffer->view();
    if (bytes.size() >= searched + shortest_size) {
      match = find_first_to_end(bytes, searched, separators);
      if (match) break;
      searched = bytes.size() + 1 > longest_size ? bytes.size() + 1 - longest_size : 0;
      if (searched > buffer->limit()) {
        throw LimitOverrunError("Separator is not found, and chunk exceed the limit", searched);
      }
    }
    if (buffer->eof()) {
      throw IncompleteReadError(buffer->take(bytes.size()), std::nullopt);
    }
    co_await buffer->wait_for_data("readuntil");
  }
  if (match->begin > buffer->limit()) {
    throw LimitOverrunError("Separator is found, but chunk is longer than limit", match->begin);
  }
  co_return buffer->take(match->end);
}

Coroutine<std::string> read_line(Buffer buffer) {
  std::vector<std::string> newline(1, "\n");
  try {
    co_return co_await read_until(buffer, std::move(newline));
  } catch (const IncompleteReadError& incomplete) {
    co_return incomplete.partial();
  } catch (const LimitOverrunError& overrun) {
    // The line is dropped: to its end if that is here, else as much of it as is.
    const bool whole = buffer->view().substr(overrun.consumed()).starts_with('\n');
    buffer->drop(whole ? overrun.consumed() + 1 : buffer->view().size());
    throw ValueError(overrun.what());
  }
}

Coroutine<std::optional<std::string>> next_line(Buffer buffer) {
  std::string line = co_await read_line(buffer);
  if (line.empty()) co_return std::nullopt;
  co_return line;
}

}  // namespace

ReaderBuffer::ReaderBuffer(std::size_t limit) : limit_(limit), next_room_(smallest_room) {
  if (limit == 0) throw ValueError("Limit cannot be <= 0");
}

std::span<char> ReaderBuffer::get_buffer() {
  const std::span<char> room = buffer_.prepare(next_room_);
  offered_ = room.size();
  return room;
}

void ReaderBuffer::buffer_updated(std::size_t count) {
  if (count == offered_) next_room_ = std::min(2 * next_room_, largest_room);
  buffer_.commit(count);
  data_arrived();
}

void ReaderBuffer::feed_data(std::string_view bytes) {
  if (bytes.empty()) return;
  buffer_.append(bytes);
  data_arrived();
}

void ReaderBuffer::data_arrived() {
  wake();
  if (transport_ != nullptr && !paused_ && buffer_.size() > 2 * limit_) {
    paused_ = true;
    transport_->pause_reading();
  }
}

void ReaderBuffer::feed_eof() {
  eof_ = true;
  wake();
}

void ReaderBuffer::set_exception(std::exception_ptr error) {
  exception_ = std::move(error);
  wake();
}

void ReaderBuffer::check_exception() const {
  if (exception_) std::rethrow_exception(exception_);
}

void ReaderBuffer::wake() noexcept {
  if (waiter_ != nullptr) waiter_->set();
}

std::string ReaderBuffer::take(std::size_t count) {
  std::string bytes(buffer_.view().substr(0, count));
  drop(count);
  return bytes;
}

void ReaderBuffer::drop(std::size_t count) {
  buffer_.consume(count);
  if (paused_ && buffer_.size() <= limit_) {
    paused_ = false;
    if (transport_ != nullptr) transport_->resume_reading();
  }
}

Coroutine<void> ReaderBuffer::wait_for_data(const char* method) {
  if (waiter_ != nullptr) {
    throw RuntimeError(std::string(method) +
                       "() called while another coroutine is already waiting for incoming data");
  }
  check_exception();
  PlainSignal arrived;
  struct Registration {
    Registration(Signal*& place, Signal& signal) noexcept : waiter(place) { waiter = &signal; }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    ~Registration() { waiter = nullptr; }
    Signal*& waiter;
  };
  const Registration registration(waiter_, arrived);
  // More than the limit may be wanted, by readexactly.
  if (paused_) {
    paused_ = false;
    if (transport_ != nullptr) transport_->resume_reading();
  }
  co_await arrived;
  // Bytes that came before the exception are looked at first.
  if (buffer_.empty()) check_exception();
}

}  // namespace detail

Coroutine<std::string> StreamReader::read(std::ptrdiff_t count) const {
  if (count < 0) return detail::read_to_end(buffer_);
  return detail::read_some(buffer_, static_cast<std::size_t>(count));
}

Coroutine<std::string> StreamReader::readline() const {
  return detail::read_line(buffer_);
}

Coroutine<std::string> StreamReader::readexactly(std::ptrdiff_t count) const {
  if (count < 0) throw ValueError("readexactly size can not be less than zero");
  return detail::read_exactly(buffer_, static_cast<std::size_t>(count));
}

Coroutine<std::string> StreamReader::readuntil(std::vector<std::string> separators) const {
  return detail::read_until(buffer_, std::move(separators));
}

Coroutine<std::optional<std::string>> StreamReader::next() const {
  return detail::next_line(buffer_);
}

}  // namespace rondo
