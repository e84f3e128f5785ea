#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <rondo/runtime/coroutine.h>

// Content: the body of a message that is being received, piece by piece.
//
//     while (auto piece = co_await response.content().next())
//       file.write(*piece);
//
// A piece is what the network brought; its borders mean nothing. As long as nobody asks for the
// next one, no more than the stream's buffer is read ahead, and the sender has to wait; so a body
// of any size passes through a memory of 200 KiB. aiohttp's `content` is this.

namespace rondo::http {

namespace detail {

/// Where the pieces come from.
class ContentSource {
 public:
  ContentSource() = default;
  ContentSource(const ContentSource&) = delete;
  ContentSource& operator=(const ContentSource&) = delete;
  virtual ~ContentSource() = default;

  /// Called on whom `self` keeps alive.
  virtual Coroutine<std::optional<std::string>> next(std::shared_ptr<ContentSource> self) = 0;
};

}  // namespace detail

/// A cheap handle; copies take pieces of the same body.
class Content {
 public:
  explicit Content(std::shared_ptr<detail::ContentSource> source) noexcept
      : source_(std::move(source)) {}

  /// The next piece, never empty; nothing at the end, and ever after. Throws what went wrong on the
  /// way, as the class that it belongs to says; RuntimeError while another task waits for a piece;
  /// CancelledError, with nothing lost.
  Coroutine<std::optional<std::string>> next() const { return source_->next(source_); }
  /// All that is left, in one piece.
  Coroutine<std::string> read() const { return read_all(source_); }

 private:
  static Coroutine<std::string> read_all(std::shared_ptr<detail::ContentSource> source) {
    std::string all;
    for (;;) {
      const std::optional<std::string> piece = co_await source->next(source);
      if (!piece) co_return all;
      all += *piece;
    }
  }

  std::shared_ptr<detail::ContentSource> source_;
};

}  // namespace rondo::http
