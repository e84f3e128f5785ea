#pragma once

// Everything of net/.

#include <rondo/net/address.h>
#include <rondo/net/connect_options.h>
#include <rondo/net/create_server.h>
#include <rondo/net/open_connection.h>
#include <rondo/net/open_unix_connection.h>
#include <rondo/net/server.h>
#include <rondo/net/socket_options.h>
#include <rondo/net/ssl_context.h>
#include <rondo/net/ssl_error.h>
#include <rondo/net/start_server.h>
#include <rondo/net/start_unix_server.h>
#include <rondo/net/tls.h>
#include <rondo/runtime.h>
