#pragma once

#include <string>
#include <vector>

#include "web_server.h"

namespace rondo::test {

/// nginx with a configuration, files and port of its own; nothing of the machine's is touched.
class Nginx {
 public:
  /// Empty if nginx is here; otherwise what a test says when it skips.
  static std::string unavailable() {
    return find_program("nginx").empty() ? "nginx is not installed (nginx-light)" : "";
  }

  /// `listening`: what stands behind the port in `listen`, as "ssl"; `server`: more lines of the
  /// server block.
  explicit Nginx(const WebDirectory& directory, const std::string& server = {},
                 const std::string& listening = {})
      : port_(free_port()), process_(command(directory, server, listening), port_) {}

  std::string url(const std::string& path = "/", const std::string& scheme = "http") const {
    return process_.url(path, scheme);
  }

 private:
  std::vector<std::string> command(const WebDirectory& directory, const std::string& server,
                                   const std::string& listening) const {
    const std::string root = directory.path().string();
    const std::string configuration =
        "daemon off; master_process off; pid " + root + "/pid; error_log stderr;\n" +
        "events { worker_connections 512; }\n" + "http { access_log off; client_body_temp_path " +
        root + "/body; proxy_temp_path " + root + "/proxy; fastcgi_temp_path " + root +
        "/fastcgi; uwsgi_temp_path " + root + "/uwsgi; scgi_temp_path " + root + "/scgi;\n" +
        "server { listen 127.0.0.1:" + std::to_string(port_) + " " + listening + "; root " + root +
        ";\n" + server + "\n} }\n";
    return {find_program("nginx"),
            "-p",
            root,
            "-c",
            directory.write("nginx.conf", configuration),
            "-e",
            "stderr"};
  }

  std::uint16_t port_;
  WebServer process_;
};

}  // namespace rondo::test
