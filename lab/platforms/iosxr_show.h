// What the show commands of a virtual IOS-XR device print; see ios_show.h.
#pragma once

#include <string>

#include <rondo/lab/vty.h>

namespace rondo::lab::iosxr {

std::string show_version(const Vty& vty);
std::string show_running_config(const Vty& vty);
std::string show_inventory(const Vty& vty);
std::string show_platform(const Vty& vty);
std::string show_clock(const Vty& vty);
std::string show_logging(const Vty& vty);
std::string show_interfaces_description(const Vty& vty);
std::string show_ip_interface_brief(const Vty& vty);
std::string show_route(const Vty& vty);
std::string show_arp(const Vty& vty);
std::string show_cdp_neighbors(const Vty& vty);
std::string show_cdp_neighbors_detail(const Vty& vty);
std::string show_lldp_neighbors(const Vty& vty);
std::string show_bgp_summary(const Vty& vty);

// "Tue Mar  2 15:49:32.123 UTC", the line above each output.
std::string stamp(const Vty& vty);

}  // namespace rondo::lab::iosxr
