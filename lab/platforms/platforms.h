// The platforms there are, each in a file of its own.
#pragma once

#include <rondo/lab/platform.h>

namespace rondo::lab {

extern const Platform cisco_iosxe;
extern const Platform cisco_nxos;
extern const Platform cisco_iosxr;
extern const Platform arista_eos;
extern const Platform juniper_junos;

}  // namespace rondo::lab
