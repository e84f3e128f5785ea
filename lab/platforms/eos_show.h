// What the show commands of a virtual EOS device print; see ios_show.h.
#pragma once

#include <string>

#include <rondo/lab/vty.h>

namespace rondo::lab::eos {

std::string show_version(const Vty& vty);
std::string show_running_config(const Vty& vty);
std::string show_inventory(const Vty& vty);
std::string show_clock(const Vty& vty);
std::string show_logging(const Vty& vty);
std::string show_interfaces_description(const Vty& vty);
std::string show_interfaces_status(const Vty& vty);
std::string show_ip_interface_brief(const Vty& vty);
std::string show_ip_route(const Vty& vty);
std::string show_ip_arp(const Vty& vty);
std::string show_lldp_neighbors(const Vty& vty);
std::string show_lldp_neighbors_detail(const Vty& vty);
std::string show_mac_address_table(const Vty& vty);
std::string show_ip_bgp_summary(const Vty& vty);

}  // namespace rondo::lab::eos
