#pragma once

// Drivers for network devices.

#include <rondo/devices/errors.h>
#include <rondo/devices/options.h>
#include <rondo/devices/pattern.h>
#include <rondo/devices/platform.h>
#include <rondo/devices/transport.h>
#include <rondo/ssh.h>
