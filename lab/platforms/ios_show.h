// What the show commands of a virtual IOS device print, laid out column by column as IOS does, so
// that programs and templates written for real devices can read it. Lines end with "\n".
#pragma once

#include <string>

#include <rondo/lab/vty.h>

namespace rondo::lab::ios {

// ios_show.cpp: of the device itself
std::string show_ip_interface_brief(const Vty& vty);
std::string show_interfaces(const Vty& vty);
std::string show_interfaces_description(const Vty& vty);
std::string show_running_config(const Vty& vty);
std::string show_version(const Vty& vty);
std::string show_inventory(const Vty& vty);
std::string show_clock(const Vty& vty);
std::string show_logging(const Vty& vty);

// ios_tables.cpp: of what it has learned
std::string show_interfaces_status(const Vty& vty);
std::string show_ip_route(const Vty& vty);
std::string show_ip_arp(const Vty& vty);
std::string show_cdp_neighbors(const Vty& vty);
std::string show_cdp_neighbors_detail(const Vty& vty);
std::string show_lldp_neighbors(const Vty& vty);
std::string show_vlan_brief(const Vty& vty);
std::string show_mac_address_table(const Vty& vty);
std::string show_ip_bgp_summary(const Vty& vty);

}  // namespace rondo::lab::ios
