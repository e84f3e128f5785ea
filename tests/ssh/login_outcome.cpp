#include "login_outcome.h"

#include <cstdio>

#include "leaks_of_libssh2.h"

namespace rondo::tests {

namespace {

using Ask = std::function<std::string(ssh::Connection)>;

Coroutine<std::string> log_in_and_ask(ssh::Options options, Ask ask) {
  const auto threads = co_await LeaksOfLibssh2::of_other_threads();
  ssh::Connection connection = co_await ssh::connect("127.0.0.1", options);
  const std::string answer = ask(connection);
  connection.close();
  co_await connection.wait_closed();
  co_return answer;
}

}  // namespace

std::string login_outcome(ssh::Options options, Ask ask) {
  const auto told = [](const char* type, const std::exception& error) {
    return std::string(type) + ": " + error.what();
  };
  try {
    return run(
        wait_for(log_in_and_ask(std::move(options), std::move(ask)), std::chrono::seconds(60)));
  } catch (const ssh::HostKeyNotVerifiable& error) {
    return told("HostKeyNotVerifiable", error);
  } catch (const ssh::PermissionDenied& error) {
    return told("PermissionDenied", error);
  } catch (const ssh::KeyExchangeFailed& error) {
    return told("KeyExchangeFailed", error);
  } catch (const ssh::ConnectionLost& error) {
    return told("ConnectionLost", error);
  } catch (const ssh::KnownHostsError& error) {
    return told("KnownHostsError", error);
  } catch (const ssh::Error& error) {
    return told("Error", error);
  } catch (const TimeoutError& error) {
    return told("TimeoutError", error);
  } catch (const ValueError& error) {
    return told("ValueError", error);
  } catch (const std::exception& error) {
    return told("other", error);
  }
}

bool sshd_can_run(const char* test) {
  const std::string why = Sshd::unavailable();
  if (!why.empty()) std::printf("SKIP %s: %s\n", test, why.c_str());
  return why.empty();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace rondo::tests
