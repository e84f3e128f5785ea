#pragma once

#include <string>

#include <rondo/devices/options.h>
#include <rondo/runtime/coroutine.h>

namespace rondo::devices {

/// Finds out which platform answers: connects and logs in, asks what the definitions that are built
/// in name under `detect` ("show version" first), and yields the name of the one that fits, for
/// make_driver. Options::platform and the hooks are not looked at. Throws UnsupportedPlatform, with
/// the prompt and what the device said, when none fits; otherwise as GenericDriver::open and
/// send_command. The connection is closed in any case.
Coroutine<std::string> detect_platform(Options options);

}  // namespace rondo::devices
