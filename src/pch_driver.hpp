#pragma once
// Precompiled by the driver folders: the plain header and Boost.Asio.
#include <boost/asio.hpp>

#include "pch_plain.hpp"
