#pragma once
// Purpose: what tables and connections call of libldap and liblber, loaded with the first that wants them.
// Errors, Concurrency: as os/shared_library.hpp

#include <ldap.h>

#include "os/shared_library.hpp"

namespace postern::maps::libldap {

inline constinit os::shared_library library(LDAP_VENDOR_VERSION < 20600 ? "libldap-2.5.so.0" : "libldap.so.2");

template <class Function>
using function = os::library_function<Function>;

inline constinit function<decltype(::ber_bvfree)> ber_bvfree(library, "ber_bvfree");
inline constinit function<decltype(::ber_free)> ber_free(library, "ber_free");
inline constinit function<decltype(::ber_sockbuf_add_io)> ber_sockbuf_add_io(library, "ber_sockbuf_add_io");
inline constinit function<decltype(::ber_sockbuf_ctrl)> ber_sockbuf_ctrl(library, "ber_sockbuf_ctrl");
inline constinit function<decltype(::ldap_abandon_ext)> ldap_abandon_ext(library, "ldap_abandon_ext");
inline constinit function<decltype(::ldap_compare_ext)> ldap_compare_ext(library, "ldap_compare_ext");
inline constinit function<decltype(::ldap_err2string)> ldap_err2string(library, "ldap_err2string");
inline constinit function<decltype(::ldap_first_attribute)> ldap_first_attribute(library, "ldap_first_attribute");
inline constinit function<decltype(::ldap_first_entry)> ldap_first_entry(library, "ldap_first_entry");
inline constinit function<decltype(::ldap_free_urldesc)> ldap_free_urldesc(library, "ldap_free_urldesc");
inline constinit function<decltype(::ldap_get_dn)> ldap_get_dn(library, "ldap_get_dn");
inline constinit function<decltype(::ldap_get_option)> ldap_get_option(library, "ldap_get_option");
inline constinit function<decltype(::ldap_get_values_len)> ldap_get_values_len(library, "ldap_get_values_len");
inline constinit function<decltype(::ldap_initialize)> ldap_initialize(library, "ldap_initialize");
inline constinit function<decltype(::ldap_install_tls)> ldap_install_tls(library, "ldap_install_tls");
inline constinit function<decltype(::ldap_is_ldap_url)> ldap_is_ldap_url(library, "ldap_is_ldap_url");
inline constinit function<decltype(::ldap_memfree)> ldap_memfree(library, "ldap_memfree");
inline constinit function<decltype(::ldap_msgfree)> ldap_msgfree(library, "ldap_msgfree");
inline constinit function<decltype(::ldap_next_attribute)> ldap_next_attribute(library, "ldap_next_attribute");
inline constinit function<decltype(::ldap_next_entry)> ldap_next_entry(library, "ldap_next_entry");
inline constinit function<decltype(::ldap_parse_result)> ldap_parse_result(library, "ldap_parse_result");
inline constinit function<decltype(::ldap_parse_whoami)> ldap_parse_whoami(library, "ldap_parse_whoami");
inline constinit function<decltype(::ldap_result)> ldap_result(library, "ldap_result");
inline constinit function<decltype(::ldap_sasl_bind)> ldap_sasl_bind(library, "ldap_sasl_bind");
inline constinit function<decltype(::ldap_sasl_interactive_bind)> ldap_sasl_interactive_bind(
    library, "ldap_sasl_interactive_bind");
inline constinit function<decltype(::ldap_search_ext)> ldap_search_ext(library, "ldap_search_ext");
inline constinit function<decltype(::ldap_set_option)> ldap_set_option(library, "ldap_set_option");
inline constinit function<decltype(::ldap_start_tls)> ldap_start_tls(library, "ldap_start_tls");
inline constinit function<decltype(::ldap_unbind_ext)> ldap_unbind_ext(library, "ldap_unbind_ext");
inline constinit function<decltype(::ldap_url_parse)> ldap_url_parse(library, "ldap_url_parse");
inline constinit function<decltype(::ldap_value_free_len)> ldap_value_free_len(library, "ldap_value_free_len");
inline constinit function<decltype(::ldap_whoami)> ldap_whoami(library, "ldap_whoami");

}  // namespace postern::maps::libldap
