#pragma once

// Everything of net/.

#include <rondo/net/address.h>
#include <rondo/net/open_connection.h>
#include <rondo/net/resolver.h>
#include <rondo/net/start_server.h>
#include <rondo/runtime.h>
