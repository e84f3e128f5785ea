#pragma once

// The SSH client.

#include <rondo/net.h>
#include <rondo/ssh/algorithms.h>
#include <rondo/ssh/config_file.h>
#include <rondo/ssh/connect.h>
#include <rondo/ssh/connection.h>
#include <rondo/ssh/errors.h>
#include <rondo/ssh/forwarding.h>
#include <rondo/ssh/known_hosts.h>
#include <rondo/ssh/options.h>
#include <rondo/ssh/process.h>
#include <rondo/ssh/secret.h>
#include <rondo/ssh/sftp.h>
