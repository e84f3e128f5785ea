#pragma once

// Everything of net/http/: the HTTP client and server. (Apart from <rondo/net.h>, since it brings
// nlohmann::json along.)

#include <rondo/net.h>
#include <rondo/net/http/application.h>
#include <rondo/net/http/client.h>
#include <rondo/net/http/json.h>
#include <rondo/net/http/server.h>
