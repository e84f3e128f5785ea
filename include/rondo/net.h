#pragma once

// Everything of net/.

#include <rondo/net/address.h>
#include <rondo/net/connect_options.h>
#include <rondo/net/create_datagram_endpoint.h>
#include <rondo/net/create_server.h>
#include <rondo/net/datagram_endpoint.h>
#include <rondo/net/datagram_transport.h>
#include <rondo/net/open_connection.h>
#include <rondo/net/open_unix_connection.h>
#include <rondo/net/resolver.h>
#include <rondo/net/server.h>
#include <rondo/net/socket_options.h>
#include <rondo/net/ssl_context.h>
#include <rondo/net/ssl_error.h>
#include <rondo/net/start_server.h>
#include <rondo/net/start_unix_server.h>
#include <rondo/net/telnet.h>
#include <rondo/net/telnet_codec.h>
#include <rondo/net/tls.h>
#include <rondo/runtime.h>
