#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

#include <fcntl.h>

#include <rondo/net/detail/connect.h>
#include <rondo/runtime/detail/operation_awaiter.h>
#include <rondo/runtime/detail/signal_queue.h>
#include <rondo/runtime/errors.h>
#include <rondo/runtime/task.h>
#include <rondo/runtime/wait.h>

namespace rondo::detail {

namespace {

FileDescriptor make_socket(const Address& address, const ConnectOptions& options) {
  FileDescriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) throw_os_error(errno, "connect to " + address.text());
  set_socket_options(socket.get(), options);
  const Address& from = options.local_addr;
  if (!from.empty() && ::bind(socket.get(), from.get(), from.length()) != 0) {
    throw_os_error(errno, "connect to " + address.text() + " from " + from.text());
  }
  return socket;
}

/// What a race and its runners share.
struct Race {
  Race(std::vector<Address> of, const ConnectOptions& how)
      : addresses(std::move(of)), options(how), errors(addresses.size()) {}

  const std::vector<Address> addresses;
  const ConnectOptions options;
  std::vector<std::exception_ptr> errors;  // why each address would not do; null: not known (yet)
  std::size_t failed = 0;
  FileDescriptor winner;  // the first that was connected
  TimerHandle delay;      // until the next attempt
  bool delay_is_over = false;
  SignalQueue news;  // where the start waits for any of this to change
  std::vector<Task<void>> runners;
};

Coroutine<void> run_race(std::shared_ptr<Race> race, std::size_t index) {
  try {
    FileDescriptor socket = co_await connect_to(race->addresses[index], race->options);
    if (!race->winner) race->winner = std::move(socket);
  } catch (const CancelledError&) {
    throw;
  } catch (...) {
    race->errors[index] = std::current_exception();
    ++race->failed;
  }
  race->news.wake_all();
}

/// Has the attempt that was started last neither failed nor had its time?
bool must_wait(const Race& race) {
  if (race.winner) return false;
  if (race.runners.size() == race.addresses.size()) return race.failed < race.addresses.size();
  return !race.errors[race.runners.size() - 1] && !race.delay_is_over;
}

void when_delay_is_over(Race& race) {
  race.delay_is_over = true;
  race.news.wake_all();
}

/// Starts one attempt after the other until one has won or all have failed.
Coroutine<void> start_race(std::shared_ptr<Race> race) {
  while (race->runners.size() < race->addresses.size() && !race->winner) {
    race->delay_is_over = false;
    race->delay.cancel();
    if (race->options.happy_eyeballs_delay) {
      race->delay = get_running_loop().call_later(*race->options.happy_eyeballs_delay,
                                                  [race] { when_delay_is_over(*race); });
    }
    race->runners.push_back(create_task(run_race(race, race->runners.size())));
    while (must_wait(*race))
      co_await race->news.wait();
  }
}

/// Why none of the addresses would do, as one error with the code of the last.
[[noreturn]] void throw_combined(const std::string& target,
                                 const std::vector<std::exception_ptr>& errors) {
  std::string text = "no address of " + target + " would do: ";
  int error_number = 0;
  for (const std::exception_ptr& error : errors) {
    if (&error != &errors.front()) text += "; ";
    text += describe_exception(error);
    try {
      std::rethrow_exception(error);
    } catch (const OSError& os_error) {
      error_number = os_error.code().value();
    }
  }
  throw_os_error(error_number, text);
}

/// A Unix socket is connected at once or not at all, if it is told not to wait: the only thing to
/// wait for would be room in the server's queue. (io_uring does wait for that, in a thread of the
/// kernel's that a cancel does not reach.)
void connect_unix(const FileDescriptor& socket, const Address& address) {
  const int flags = ::fcntl(socket.get(), F_GETFL);
  ::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK);
  const int result = ::connect(socket.get(), address.get(), address.length());
  const int error_number = errno;
  ::fcntl(socket.get(), F_SETFL, flags);
  if (result == 0) return;
  std::string text = "connect to " + address.text();
  if (error_number == EAGAIN) text += ": the server's queue is full; its backlog may be too short";
  throw_os_error(error_number, text);
}

}  // namespace

Coroutine<FileDescriptor> connect_to(Address address, ConnectOptions options) {
  FileDescriptor socket = make_socket(address, options);
  if (address.family() == AF_UNIX) {
    connect_unix(socket, address);
    co_return socket;
  }
  const Request request{Opcode::connect, socket.get(), address.get(), address.length()};
  const int result = co_await perform(request);
  if (result < 0) throw_os_error(-result, "connect to " + address.text());
  co_return socket;
}

std::vector<Address> interleaved(const std::vector<Address>& addresses) {
  std::vector<Address> first;
  std::vector<Address> others;
  for (const Address& address : addresses) {
    (address.family() == addresses.front().family() ? first : others).push_back(address);
  }
  std::vector<Address> order;
  for (std::size_t i = 0; i < std::max(first.size(), others.size()); ++i) {
    if (i < first.size()) order.push_back(first[i]);
    if (i < others.size()) order.push_back(others[i]);
  }
  return order;
}

Coroutine<FileDescriptor> connect_to_any(std::vector<Address> addresses, std::string target,
                                         ConnectOptions options) {
  const int wanted = options.local_addr.empty() ? options.family : options.local_addr.family();
  if (wanted != AF_UNSPEC) {
    std::erase_if(addresses, [wanted](const Address& a) { return a.family() != wanted; });
  }
  if (addresses.empty()) {
    throw_os_error(EAFNOSUPPORT, "no address of " + target + " is of the family that is wanted");
  }
  if (addresses.size() == 1) {
    FileDescriptor socket = co_await connect_to(addresses.front(), options);
    co_return socket;
  }
  if (options.happy_eyeballs_delay) addresses = interleaved(addresses);
  auto race = std::make_shared<Race>(std::move(addresses), options);
  std::exception_ptr error;
  try {
    co_await start_race(race);
  } catch (...) {
    error = std::current_exception();
  }
  race->delay.cancel();
  // When this returns, no socket is left of those that lost. A second cancellation does not wait
  // for that.
  for (Task<void>& runner : race->runners)
    runner.cancel();
  co_await wait(race->runners);
  if (error) std::rethrow_exception(error);
  if (!race->winner) throw_combined(target, race->errors);
  co_return std::move(race->winner);
}

}  // namespace rondo::detail
