#include <exception>

#include <rondo/devices/detail/transport_errors.h>
#include <rondo/devices/errors.h>
#include <rondo/ssh/errors.h>

namespace rondo::devices::detail {

namespace {

std::string with_peer(const std::string& peer, const std::exception& error) {
  std::string text = error.what();
  const std::string connecting = "connect to " + peer;
  if (text.starts_with(peer + ":")) return text;
  if (text.starts_with(connecting)) return peer + ": connect" + text.substr(connecting.size());
  return peer + ": " + text;
}

}  // namespace

Coroutine<void> translated(Coroutine<void> opening, std::string peer) {
  try {
    co_await opening;
  } catch (const Error&) {
    throw;
  } catch (const ssh::PermissionDenied& error) {
    throw AuthenticationFailed(with_peer(peer, error));
  } catch (const ssh::HostKeyNotVerifiable& error) {
    throw AuthenticationFailed(with_peer(peer, error));
  } catch (const ssh::KeyImportError& error) {
    throw AuthenticationFailed(with_peer(peer, error));
  } catch (const ValueError&) {
    throw;  // the options make no sense, whatever the device
  } catch (const rondo::TimeoutError& error) {
    if (error.what() == std::string("timed out")) throw Timeout(peer + ": no connection in time");
    throw Timeout(with_peer(peer, error));
  } catch (const std::exception& error) {
    throw ConnectionError(with_peer(peer, error));
  }
}

Coroutine<void> ignoring_errors(Coroutine<void> work) {
  try {
    co_await work;
  } catch (const std::exception&) {
    // That is what this is for.
  }
}

}  // namespace rondo::devices::detail
