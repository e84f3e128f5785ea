#pragma once

#include <functional>
#include <string>

#include <rondo/ssh.h>

#include "with_sshd.h"

// What becomes of a login, as text.

namespace rondo::tests {

/// Logs in at 127.0.0.1, asks the connection, closes it, and yields what `ask` says; or what
/// connecting threw, as "type: text". It has 60 seconds.
std::string login_outcome(
    ssh::Options options,
    std::function<std::string(ssh::Connection)> ask = [](ssh::Connection) { return "connected"; });

/// True if sshd can run here; otherwise says why the test is skipped.
bool sshd_can_run(const char* test);

/// Does `text` hold `part`?
bool contains(const std::string& text, const std::string& part);

}  // namespace rondo::tests
