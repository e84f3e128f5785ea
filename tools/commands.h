#pragma once

#include <rondo/tools/command_line.h>

// The commands of `rondo`. Each returns the exit status. What is wrong with what was asked for is
// thrown, before anything is sent: UsageError, devices::DeviceError, textfsm::Error.

namespace rondo::tools {

int send(const CommandLine& line);
int config(const CommandLine& line);
int ping(const CommandLine& line);
int parse_text(const CommandLine& line);  // `rondo textfsm`
int platforms(const CommandLine& line);
int completion(const CommandLine& line);

}  // namespace rondo::tools
