#include <algorithm>

#include <rondo/runtime/stream_reader.h>

namespace rondo {

namespace detail {

namespace {

constexpr std::size_t smallest_room = 4 * 1024;
constexpr std::size_t largest_room = 64 * 1024;

}  // namespace

ReaderBuffer::ReaderBuffer(std::size_t limit) : limit_(limit), next_room_(smallest_room) {
  if (limit == 0) throw ValueError("Limit cannot be <= 0");
}

void ReaderBuffer::throw_error(const std::exception_ptr& error) {
  std::rethrow_exception(error);
}

// All the room was filled: there may be more to come.
void ReaderBuffer::offer_more() noexcept {
  next_room_ = std::min(2 * next_room_, largest_room);
}

void ReaderBuffer::pause_transport() {
  if (transport_ == nullptr || paused_) return;
  paused_ = true;
  transport_->pause_reading();
}

void ReaderBuffer::feed_eof() {
  eof_ = true;
  wake();
}

void ReaderBuffer::set_exception(std::exception_ptr error) {
  exception_ = std::move(error);
  failed_ = exception_ || cut_off_;
  wake();
}

void ReaderBuffer::resume_transport() {
  paused_ = false;
  if (transport_ != nullptr) transport_->resume_reading();
}

void ReaderBuffer::cut_off(std::exception_ptr error) {
  cut_off_ = std::move(error);
  failed_ = exception_ || cut_off_;
  wake();
}

void ReadAwaiter::refuse_to_wait() const {
  throw RuntimeError(std::string(method()) +
                     "() called while another coroutine is already waiting for incoming data");
}

void ReaderBuffer::taken_before_waiter() noexcept {
  waiter_->look_again();
}

bool ReadAwaiter::ready_or_throw() {
  if (buffer_.exception_) ReaderBuffer::throw_error(buffer_.exception_);
  if (is_there()) return true;
  ReaderBuffer::throw_error(buffer_.cut_off_);
}

void ReadAwaiter::go_on_waiting() {
  wait_again();
  begin_wait();
  deliver_pending_cancel();
}

void ReadAwaiter::end_in_error() {
  if (cancelled()) throw_cancelled();
  if (is_there()) return;
  ReaderBuffer::throw_error(buffer_.exception_ ? buffer_.exception_ : buffer_.cut_off_);
}

std::string ReadExactly::take(ReaderBuffer& buffer) const {
  if (count_ < 0) throw ValueError("readexactly size can not be less than zero");
  const auto count = static_cast<std::size_t>(count_);
  if (buffer.size() >= count) return buffer.take(count);
  throw IncompleteReadError(buffer.take(buffer.size()), count);
}

ReadUntil::ReadUntil(std::vector<std::string> separators) : separators_(std::move(separators)) {
  if (separators_.empty()) return;
  const auto [shortest, longest] = std::ranges::minmax(separators_, {}, &std::string::size);
  shortest_ = shortest.size();
  longest_ = longest.size();
}

// Found, or searched for in all that the limit allows, or all there will be.
bool ReadUntil::is_there(const ReaderBuffer& buffer) {
  const std::string_view bytes = buffer.view();
  if (begin_ || shortest_ == 0) return true;
  if (bytes.size() >= searched_ + shortest_) {
    for (const std::string& separator : separators_) {
      const std::size_t begin = bytes.find(separator, searched_);
      if (begin == std::string_view::npos) continue;
      const std::size_t end = begin + separator.size();
      if (begin_ && end >= end_) continue;
      begin_ = begin;
      end_ = end;
    }
    if (begin_) return true;
    searched_ = bytes.size() + 1 > longest_ ? bytes.size() + 1 - longest_ : 0;
  }
  return searched_ > buffer.limit() || buffer.eof();
}

std::string ReadUntil::take(ReaderBuffer& buffer) const {
  if (separators_.empty()) throw ValueError("readuntil needs at least one separator");
  if (shortest_ == 0) throw ValueError("a separator must have at least one byte");
  if (begin_ && *begin_ <= buffer.limit()) return buffer.take(end_);
  if (begin_) {
    throw LimitOverrunError("Separator is found, but chunk is longer than limit", *begin_);
  }
  if (searched_ > buffer.limit()) {
    throw LimitOverrunError("Separator is not found, and chunk exceed the limit", searched_);
  }
  throw IncompleteReadError(buffer.take(buffer.size()), std::nullopt);
}

bool ReadLine::is_there(const ReaderBuffer& buffer) {
  if (found_) return true;
  const std::size_t place = buffer.view().find('\n', searched_);
  if (place != std::string_view::npos) {
    found_ = place;
    return true;
  }
  searched_ = buffer.size();
  return searched_ > buffer.limit() || buffer.eof();
}

// Of a line that is too long, what is here is dropped: to its end, if that is.
std::string ReadLine::take(ReaderBuffer& buffer) const {
  const std::size_t length = found_ ? *found_ : buffer.size();
  if (length <= buffer.limit()) return buffer.take(found_ ? length + 1 : length);
  buffer.drop(found_ ? length + 1 : length);
  throw ValueError(found_ ? "Separator is found, but chunk is longer than limit"
                          : "Separator is not found, and chunk exceed the limit");
}

}  // namespace detail

}  // namespace rondo
