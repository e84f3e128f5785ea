// What the show commands of a virtual Junos device print; see ios_show.h.
#pragma once

#include <string>

#include <rondo/lab/vty.h>

namespace rondo::lab::junos {

std::string show_version(const Vty& vty);
std::string show_chassis_hardware(const Vty& vty);
std::string show_system_uptime(const Vty& vty);
std::string show_log_messages(const Vty& vty);
std::string show_interfaces_terse(const Vty& vty);
std::string show_interfaces_descriptions(const Vty& vty);
std::string show_route(const Vty& vty);
std::string show_arp(const Vty& vty);
std::string show_lldp_neighbors(const Vty& vty);
std::string show_vlans(const Vty& vty);
std::string show_ethernet_switching_table(const Vty& vty);
std::string show_bgp_summary(const Vty& vty);
std::string show_ospf_neighbor(const Vty& vty);

}  // namespace rondo::lab::junos
