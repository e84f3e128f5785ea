#pragma once

// What nearly all of these examples include; see meson.build.

#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <rondo/http.h>
#include <rondo/runtime.h>
