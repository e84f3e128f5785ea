#pragma once

// TextFSM: the output of commands as tables. It needs no event loop.

#include <rondo/devices/textfsm/cell.h>
#include <rondo/devices/textfsm/cli_table.h>
#include <rondo/devices/textfsm/errors.h>
#include <rondo/devices/textfsm/index.h>
#include <rondo/devices/textfsm/templates.h>
#include <rondo/devices/textfsm/textfsm.h>
#include <rondo/devices/textfsm/value.h>
