#include <yaml-cpp/yaml.h>

#include <rondo/lab/inventory.h>

namespace rondo::lab {

namespace {

constexpr std::size_t devices_in_site = 10;

// Numbers and words of YAML's own stay texts.
void write_text(YAML::Emitter& out, const char* key, const std::string& value) {
  out << YAML::Key << key << YAML::Value;
  const bool plain = value.find_first_not_of("0123456789.eE+-") != std::string::npos;
  if (!plain) out << YAML::DoubleQuoted;
  out << value;
}

void write_secret(YAML::Emitter& out, const std::string& key, const std::string& value,
                  const InventoryOptions& options) {
  if (options.password_env.empty()) {
    write_text(out, key.c_str(), value);
  } else {
    write_text(out, key.c_str(), "env:" + options.password_env);
  }
}

}  // namespace

std::string inventory_text(std::span<const Router> routers, std::span<const LabEndpoint> endpoints,
                           const InventoryOptions& options) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "devices" << YAML::Value << YAML::BeginSeq;
  for (std::size_t i = 0; i < routers.size(); ++i) {
    const Router& router = routers[i];
    const bool is_ssh = router.transport == Transport::ssh;
    const std::string transport = is_ssh ? "ssh" : "telnet";
    out << YAML::BeginMap;
    write_text(out, "name", router.hostname);
    out << YAML::Key << "host" << YAML::Value << router.address;
    out << YAML::Key << "port" << YAML::Value << endpoints[i].port;
    write_text(out, "platform", router.platform);
    write_text(out, "transport", transport);
    write_text(out, "username", router.username);
    write_secret(out, "password", router.password, options);
    if (!router.enable_secret.empty()) write_secret(out, "secret", router.enable_secret, options);
    if (is_ssh && !options.known_hosts.empty()) {
      write_text(out, "known_hosts", options.known_hosts);
    }
    out << YAML::Key << "groups" << YAML::Value << YAML::Flow << YAML::BeginSeq << router.platform
        << transport << "site" + std::to_string(i / devices_in_site + 1);
    for (const FaultName& name : fault_names())
      if (router.faults.contains(name.fault)) out << std::string(name.name);
    out << YAML::EndSeq;
    out << YAML::EndMap;
  }
  out << YAML::EndSeq << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace rondo::lab
