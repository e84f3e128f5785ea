#pragma once

#include <libssh2.h>

#include "measure.h"

/// Offers what every peer offers.
static inline void prefer(LIBSSH2_SESSION* session, const Run* run) {
  libssh2_session_method_pref(session, LIBSSH2_METHOD_KEX, run->key_exchange);
  libssh2_session_method_pref(session, LIBSSH2_METHOD_HOSTKEY, HOST_KEY);
  libssh2_session_method_pref(session, LIBSSH2_METHOD_CRYPT_CS, CIPHER);
  libssh2_session_method_pref(session, LIBSSH2_METHOD_CRYPT_SC, CIPHER);
  libssh2_session_method_pref(session, LIBSSH2_METHOD_MAC_CS, MAC);
  libssh2_session_method_pref(session, LIBSSH2_METHOD_MAC_SC, MAC);
}
