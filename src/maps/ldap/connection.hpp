#pragma once
// Purpose: one connection to the LDAP servers, over libldap: bind, search, compare, each under a deadline. Tables and
//          authd use it.
// Errors: ldap_error: what kind of trouble, as Cyrus's saslauthd numbers it, and libldap's words for the log.
// Concurrency: one thread; calls block for the timeout at most, a connection with StartTLS and bind some times that.
//              [deviates: name look-ups inside libldap last as long as the system's resolver lets them]
// Security: a bind is sent each time it is asked for, whatever was bound before; passwords and DNs have any length.
//           An empty DN or password never reaches the server with a password bind. [RFC 4513 §5.1.2]
// Source: ldap(3) of OpenLDAP 2.5

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "maps/ldap/deadline.hpp"
#include "maps/ldap/server_options.hpp"

struct ldap;
struct ldapmsg;

namespace postern::maps {

/// The numbers stand in log lines.
enum class ldap_trouble : std::int8_t {
  generic = -1,
  retry = -3,  ///< the connection broke or the server took too long
  not_group_member = -4,
  invalid_password = -5,
  user_not_found = -6,
  bind_failed = -7,
  connect_failed = -8,  ///< the configuration does not let us get there
};
std::string_view format_ldap_trouble(ldap_trouble trouble);

struct ldap_error {
  ldap_trouble trouble = ldap_trouble::generic;
  std::string detail;  ///< what the library or the server said; may be empty
};
template <class T = void>
using ldap_result_of = std::expected<T, ldap_error>;

/// Who binds: a DN, or with SASL an id.
struct ldap_identity {
  std::string dn;
  secret password;
  std::string id;
  std::string authorization_id;
};

struct ldap_attribute {
  std::string name;  ///< as the server spells it
  std::vector<secret> values;
};
struct ldap_entry {
  std::string dn;
  std::vector<ldap_attribute> attributes;  ///< of those that were asked for, in the server's order
  /// Empty when the entry does not have it.
  std::vector<secret> const& values_of(std::string_view name) const;
};

class ldap_connection {
 public:
  /// Connects with the first bind. `options` must outlive it.
  explicit ldap_connection(ldap_server_options const& options) : options_(options) {}

  /// Connects as nobody, without a bind. [RFC 4511 §4.2]
  ldap_result_of<> open() { return connect(); }
  bool is_open() const noexcept { return handle_ != nullptr; }

  /// By password, or by SASL as the options say; an identity without DN and password binds anonymously.
  ldap_result_of<> bind(ldap_identity const& identity);
  bool is_bound() const noexcept { return bound_; }

  struct search_question {
    std::string base;
    int scope = 2;
    std::string filter;
    std::vector<std::string> attributes;  ///< "1.1": none
  };
  /// No entry is an empty list; more entries than the options' size limit are cut there and marked.
  struct search_answer {
    std::vector<ldap_entry> entries;
    bool cut = false;
  };
  ldap_result_of<search_answer> search(search_question const& question);

  /// From here on, until the next connection, all is done in the name of this authorization identity. [RFC 4370]
  ldap_result_of<> act_as(std::string const& authorization_id);

  /// Does the entry have this value? False also when there is no such entry or attribute.
  ldap_result_of<bool> compare(std::string const& dn, std::string const& attribute, std::string_view value);

  /// The DN that the server made of a SASL id or of act_as(); user_not_found: it does not let us act as that one.
  ldap_result_of<std::string> who_am_i();

  void disconnect() noexcept;

 private:
  struct closer {
    void operator()(struct ldap* handle) const noexcept;
  };
  struct message_closer {
    void operator()(struct ldapmsg* message) const noexcept;
  };
  using message = std::unique_ptr<struct ldapmsg, message_closer>;
  struct reply {
    message content;
    int code = 0;  ///< LDAP_*
    std::string text;
  };

  void begin_operation();
  ldap_result_of<> connect();
  ldap_result_of<> set_options();
  ldap_result_of<> set_tls_options();
  ldap_result_of<> start_tls();
  int bind_simple(ldap_identity const& identity, std::string& text);
  int bind_sasl(ldap_identity const& identity, std::string& text);
  /// The answer to what was sent; its code is LDAP_TIMEOUT when none came.
  reply wait_for(int message_id);
  ldap_entry take_entry(struct ldapmsg* entry) const;
  int last_code() const;
  std::unexpected<ldap_error> broken(std::string_view what, int code, std::string_view text);

  ldap_server_options const& options_;
  ldap_deadline deadline_;
  std::unique_ptr<struct ldap, closer> handle_;
  bool bound_ = false;
};

}  // namespace postern::maps
