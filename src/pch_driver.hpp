#pragma once
// Precompiled by the driver folders: the plain header, Boost.Asio and what nearly all of them include of net.
#include <boost/asio.hpp>

#include "net/event_loop.hpp"
#include "net/one_shot.hpp"

#include "pch_plain.hpp"
