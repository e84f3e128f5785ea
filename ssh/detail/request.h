#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondo/runtime/coroutine.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/shield.h>
#include <rondo/runtime/task.h>
#include <rondo/ssh/detail/session.h>

// Requests to a server that always run to their end.
//
// A call of libssh2 that was left in its middle stays there: the next one of its kind would take up
// the old one's work. So a request is a task of its own. Whoever waits for it may be cancelled; the
// request goes on, and its result, which nobody wants any more, is destroyed, which closes a
// channel. Only when the loop ends is a request itself cancelled, and then the connection ends too.

namespace rondo::ssh::detail {

/// What a request came to. Shared by the request and whoever waits for it.
template <class T>
struct RequestEnd {
  using Value = std::conditional_t<std::is_void_v<T>, bool, T>;
  std::optional<Value> value;
  std::exception_ptr error;
};

template <class T>
Coroutine<void> make_request(std::shared_ptr<Session> session, Coroutine<T> request,
                             std::shared_ptr<RequestEnd<T>> end) {
  session->used();
  try {
    if constexpr (std::is_void_v<T>) {
      co_await request;
      end->value = true;
    } else {
      T value = co_await request;
      end->value.emplace(std::move(value));
    }
  } catch (const CancelledError&) {
    session->abort();
    throw;
  } catch (...) {
    end->error = std::current_exception();
  }
  session->used();
}

template <class T>
Coroutine<void> make_request_in_turn(std::shared_ptr<Session> session, Coroutine<T> request,
                                     std::shared_ptr<RequestEnd<T>> end,
                                     std::shared_ptr<Semaphore> control) {
  const auto turn = co_await control->hold();
  // Whoever wanted it is gone, and nothing has begun.
  if (end.use_count() == 1) co_return;
  co_await make_request(std::move(session), std::move(request), std::move(end));
}

template <class T>
Coroutine<T> wait_for_request(std::shared_ptr<RequestEnd<T>> end, Task<void> task) {
  co_await shield(std::move(task));
  if (end->error) std::rethrow_exception(end->error);
  if constexpr (!std::is_void_v<T>) co_return std::move(*end->value);
}

/// Makes a request whose state lies in what it is about, a channel.
template <class T>
Coroutine<T> finish_request(std::shared_ptr<Session> session, Coroutine<T> request) {
  auto end = std::make_shared<RequestEnd<T>>();
  auto task = create_task(eager_start, make_request(std::move(session), std::move(request), end));
  return wait_for_request(std::move(end), std::move(task));
}

/// Makes a request whose state lies in what `control` orders: the session, or an SFTP session.
template <class T>
Coroutine<T> finish_request(std::shared_ptr<Session> session, Coroutine<T> request,
                            std::shared_ptr<Semaphore> control) {
  auto end = std::make_shared<RequestEnd<T>>();
  auto task = create_task(eager_start, make_request_in_turn(std::move(session), std::move(request),
                                                            end, std::move(control)));
  return wait_for_request(std::move(end), std::move(task));
}

}  // namespace rondo::ssh::detail
