#pragma once

// Drivers for network devices.

#include <rondo/devices/detect.h>
#include <rondo/devices/drivers.h>
#include <rondo/devices/errors.h>
#include <rondo/devices/generic_driver.h>
#include <rondo/devices/inventory.h>
#include <rondo/devices/netdev.h>
#include <rondo/devices/network_driver.h>
#include <rondo/devices/options.h>
#include <rondo/devices/pattern.h>
#include <rondo/devices/platform.h>
#include <rondo/devices/printable.h>
#include <rondo/devices/response.h>
#include <rondo/devices/send_options.h>
#include <rondo/devices/transport.h>
#include <rondo/ssh.h>
#include <rondo/textfsm.h>
