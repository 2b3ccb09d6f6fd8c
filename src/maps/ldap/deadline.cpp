#include "maps/ldap/deadline.hpp"

#include <poll.h>

#include <cerrno>

#include "maps/ldap/libldap.hpp"

namespace postern::maps {
namespace {

using namespace libldap;

// Above the socket, below TLS.
constexpr int level = LBER_SBIOD_LEVEL_PROVIDER + 1;

ldap_deadline const& deadline_of(Sockbuf_IO_Desc const* layer) {
  return *static_cast<ldap_deadline const*>(layer->sbiod_pvt);
}

}  // namespace

Sockbuf_IO ldap_deadline::functions = {
    .sbi_setup = ldap_deadline::set_up,
    .sbi_remove = ldap_deadline::remove,
    .sbi_ctrl = ldap_deadline::control,
    .sbi_read = ldap_deadline::read,
    .sbi_write = ldap_deadline::write,
    .sbi_close = ldap_deadline::remove,
};

ldap_deadline::ldap_deadline() : callback_{.lc_add = on_connected, .lc_del = on_closing, .lc_arg = this} {}

void ldap_deadline::guard(LDAP* handle) { ldap_set_option(handle, LDAP_OPT_CONNECT_CB, &callback_); }

int ldap_deadline::on_connected(LDAP* /*handle*/, Sockbuf* socket, LDAPURLDesc* /*server*/,
                                struct sockaddr* /*address*/, ldap_conncb* context) {
  return ber_sockbuf_add_io(socket, &functions, level, context->lc_arg);
}

void ldap_deadline::on_closing(LDAP* /*handle*/, Sockbuf* /*socket*/, ldap_conncb* /*context*/) {}

int ldap_deadline::set_up(Sockbuf_IO_Desc* layer, void* deadline) {
  layer->sbiod_pvt = deadline;
  return 0;
}

int ldap_deadline::remove(Sockbuf_IO_Desc* /*layer*/) { return 0; }

int ldap_deadline::control(Sockbuf_IO_Desc* layer, int option, void* argument) {
  return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

bool ldap_deadline::wait(Sockbuf_IO_Desc* layer, short events) const {
  ::pollfd polled{.fd = -1, .events = events, .revents = 0};
  ber_sockbuf_ctrl(layer->sbiod_sb, LBER_SB_OPT_GET_FD, &polled.fd);
  while (true) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until_ - std::chrono::steady_clock::now()).count();
    int const ready = ::poll(&polled, 1, static_cast<int>(left > 0 ? left : 0));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) errno = ETIMEDOUT;
    return false;
  }
}

ber_slen_t ldap_deadline::read(Sockbuf_IO_Desc* layer, void* data, ber_len_t size) {
  bool const buffered = LBER_SBIOD_CTRL_NEXT(layer, LBER_SB_OPT_DATA_READY, nullptr) > 0;
  if (!buffered && !deadline_of(layer).wait(layer, POLLIN)) return -1;
  return LBER_SBIOD_READ_NEXT(layer, data, size);
}

ber_slen_t ldap_deadline::write(Sockbuf_IO_Desc* layer, void* data, ber_len_t size) {
  if (!deadline_of(layer).wait(layer, POLLOUT)) return -1;
  return LBER_SBIOD_WRITE_NEXT(layer, data, size);
}

}  // namespace postern::maps
