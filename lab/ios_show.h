// What the show commands of a virtual IOS router print, laid out column by column as IOS does, so
// that programs and templates written for real routers can read it. Lines end with "\n".
#pragma once

#include <chrono>
#include <string>

#include <rondo/lab/ios_device.h>

namespace rondo::lab {

std::string show_ip_interface_brief(const IosDevice& device);
std::string show_interfaces_description(const IosDevice& device);
std::string show_running_config(const IosDevice& device);
std::string show_version(const IosDevice& device);
std::string show_clock(std::chrono::system_clock::time_point now);

}  // namespace rondo::lab
