#pragma once
// Precompiled by the driver folders: the plain header and Boost.Asio.
#include "pch_plain.hpp"

#include <boost/asio.hpp>
