"""What the policy comparison tries: names in the DNS, tables, policies (a listener each), and the grids of sessions.

A grid is (clients, helo names, senders, recipients); one session a client and helo name tries every sender with every
recipient."""

from harness.dns_server import listed, pointer

GOOD, LIAR, NAMELESS, FLAKY, LISTED, TRUSTED = (f"127.0.0.{last}" for last in (2, 3, 4, 5, 7, 8))

ZONE = {
    (pointer(GOOD), "PTR"): ["good.client.example."],
    ("good.client.example", "A"): [GOOD],
    ("good.client.example", "MX"): ["10 mx.good.example."],
    (pointer(LIAR), "PTR"): ["liar.client.example."],
    ("liar.client.example", "A"): ["127.0.0.33"],
    (pointer(LISTED), "PTR"): ["dialup.bad.example."],
    ("dialup.bad.example", "A"): [LISTED],
    (pointer(TRUSTED), "PTR"): ["inside.lab.example."],
    ("inside.lab.example", "A"): [TRUSTED],
    ("lab.example", "MX"): ["10 mail.lab.example."],
    ("mail.lab.example", "A"): ["127.0.0.1"],
    ("lab.example", "NS"): ["ns.lab.example."],
    ("good.example", "MX"): ["10 mx.good.example.", "20 mx2.good.example."],
    ("good.example", "NS"): ["ns.good.example."],
    ("mx.good.example", "A"): ["192.0.2.1"],
    ("mx2.good.example", "A"): ["192.0.2.2"],
    ("ns.good.example", "A"): ["192.0.2.53"],
    ("aonly.example", "A"): ["192.0.2.9"],
    ("null.example", "MX"): ["0 ."],
    ("loop.example", "MX"): ["10 loop-mx.example."],
    ("loop-mx.example", "A"): ["127.0.0.1"],
    ("nomxhost.example", "MX"): ["10 gone.example."],
    ("evil.example", "MX"): ["10 mx.evil.example."],
    ("evil.example", "NS"): ["ns.evil.example."],
    ("evil.example", "A"): ["192.0.2.66"],
    ("mx.evil.example", "A"): ["192.0.2.66"],
    ("ns.evil.example", "A"): ["192.0.2.66"],
    ("relay.example", "MX"): ["10 mx.relay.example."],
    ("mx.relay.example", "A"): ["192.0.2.80"],
    ("backup.example", "MX"): ["10 mx.backup.example.", "20 mail.lab.example."],
    ("mx.backup.example", "A"): ["192.0.2.90"],
    (listed(LISTED, "rbl.example"), "A"): ["127.0.0.2"],
    (listed(LISTED, "rbl.example"), "TXT"): ['"Listed, see https://rbl.example/why"'],
    (listed(GOOD, "many.rbl.example"), "A"): ["127.0.0.9", "127.0.0.4"],
    (listed(LISTED, "white.example"), "A"): ["127.0.0.5"],
    ("bad.example.rhs.example", "A"): ["127.0.0.2"],
    ("bad.example.rhs.example", "TXT"): ['"Bad domain"'],
    ("dialup.bad.example.rhs.example", "A"): ["127.0.0.2"],
    ("listed.helo.example.rhs.example", "A"): ["127.0.0.3"],
    ("good.client.example.white.example", "A"): ["127.0.0.2"],
}
BROKEN = (pointer(FLAKY), "tempfail.example", "broken.rbl.example", listed(NAMELESS, "rbl.example"))

_ACTIONS = """\
ok OK
reject REJECT
rejecttext REJECT go away
rejectcode REJECT 5.7.9 enhanced go away
defer DEFER
defertext DEFER come back
ifpermit DEFER_IF_PERMIT
ifpermittext DEFER_IF_PERMIT perhaps later
ifreject DEFER_IF_REJECT
ifrejecttext DEFER_IF_REJECT perhaps
code550 550 no such thing
code451 451 4.7.0 not now
code554 554 5.7.7 never
code521 521 bye
code421 421 4.7.0 hang up
number 12345
dunno DUNNO
info INFO just so
warn WARN careful
hold HOLD for review
discard DISCARD quietly
prepend PREPEND X-Seen: yes
redirect REDIRECT joe@lab.example
bcc BCC joe@lab.example
filter FILTER smtp:[127.0.0.1]:9
list warn_if_reject reject, permit
class strict
rejectcall reject_unauth_destination
nonsense SOMETHING odd
policy check_policy_service inet:127.0.0.1:{policy_port}
wrongenhanced 550 4.1.1 mixed
"""
ACTION_NAMES = [line.split()[0] for line in _ACTIONS.splitlines()]

TABLES = {
    "actions": "".join(f"{line.split(' ', 1)[0]}@good.example {line.split(' ', 1)[1]}\n" for line in _ACTIONS.splitlines()),
    "recipient_actions": "".join(f"{line.split(' ', 1)[0]}@lab.example {line.split(' ', 1)[1]}\n"
                                 for line in _ACTIONS.splitlines()),
    "clients": f"{GOOD} REJECT by address\nliar.client.example REJECT by name\n127.0.0 INFO by network\n.bad.example REJECT by parent\n"
               "unknown DEFER nameless\n",
    "reverse": "liar.client.example REJECT reverse name\nbad.example DEFER parent reverse\n",
    "helos": "helo.example REJECT helo\n.example.net REJECT parent\nexample.org 450 helo later\n[127.0.0.9] REJECT literal\n",
    "senders": "<> REJECT null sender\nuser@good.example REJECT exact\ngood.example 450 domain\njoe@ REJECT local part\n"
               ".evil.example REJECT dotted parent\nsub.evil.example OK\n",
    "recipients": "joe@lab.example OK\nrelay.example REJECT relay domain\nvictim@ REJECT local part\nelsewhere.example OK\n",
    "hosts": "192.0.2.66 REJECT bad host\n127.0.0.1 REJECT loopback\nmx2.good.example DEFER by name\n",
    "mx_ok": "192.0.2.66 OK\nmx.good.example REJECT\n",
    "access.hash": f"{GOOD} REJECT from hash\nlab.example OK\n",
    "access.cidr": "127.0.0.2/31 REJECT cidr\n!127.0.0.0/8 REJECT elsewhere\n127.0.0.0/8 DUNNO\n",
    "access.pcre": "/^user(.*)@good/ REJECT pcre $1\n/@unknown/i 450 pcre later\n!/@/ REJECT unqualified\n/./ DUNNO\n",
    "access.regexp": "/^user(.*)@good/ REJECT regexp $1\nif /example$/\n/evil/ REJECT evil\nendif\n",
    "login_senders": "joe@lab.example joe\nann@lab.example ann\nshared@lab.example joe, ann\n@own.example ann\nuser@good.example ann\n",
    "sasl": "joe REJECT no joe\n",
    "dnsbl_replies": "rbl.example $rbl_code Told you: $rbl_what [$rbl_class] by $rbl_domain${rbl_reason?; $rbl_reason}\n",
    "vbox": "vuser@vbox.example x/\n",
    "valias": "va@valias.example joe@lab.example\nout@valias.example victim@elsewhere.example\n"
              "both@valias.example joe@lab.example\n",
    "relay_users": "user@relay.example x\n",
    "relocated": "gone@lab.example new@away.example\nleft who knows, ask <joe>\n@moved.example the other side of town\n"
                 "gone@moved.example first\ngone@relay.example relay\nboth@valias.example never said\n",
    "local_users": "joe x\nann x\npostmaster x\n" + "".join(f"{name} x\n" for name in ACTION_NAMES),
}

CLIENTS = [GOOD, LIAR, NAMELESS, FLAKY, LISTED, TRUSTED]
HELOS = ["good.client.example", "unqualified", "[127.0.0.2]", "127.0.0.2", "[999.1.1.1]", "bad_name.example", "-dash.example",
         "unknown.invalid", "tempfail.example", "helo.example", "sub.example.net", "listed.helo.example", "[IPv6:::1]", "a..b",
         "aonly.example", "evil.example", "example.org", "dot.example."]
SENDERS = ["", "joe@lab.example", "user@good.example", "user+tag@good.example", "a@unknown.invalid", "a@tempfail.example", "a@null.example", "joe",
           "a@nodot", "a@bad.example", "a@sub.evil.example", "a@evil.example", "a@loop.example", "a@aonly.example", "a@nomxhost.example", "nobody@lab.example",
           "joe@[127.0.0.1]", "ann@lab.example", "shared@lab.example", "a@own.example"]
RECIPIENTS = ["joe@lab.example", "nobody@lab.example", "victim@elsewhere.example", "user@relay.example", "other@relay.example", "joe", "nobody",
              "a@nodot", "a@unknown.invalid", "a%b@lab.example", "vuser@vbox.example", "nouser@vbox.example", "va@valias.example",
              "no@valias.example", "postmaster", "a@tempfail.example", "joe@[127.0.0.1]", "joe+x@lab.example", "a@null.example", "a@backup.example",
              "a@evil.example", "a@good.example", "JOE@LAB.EXAMPLE", "a!b@lab.example"]

FEW_HELOS, FEW_SENDERS = ["good.client.example"], ["", "user@good.example"]
FEW_RECIPIENTS = ["joe@lab.example", "victim@elsewhere.example", "user@relay.example"]
CLIENT_GRID = (CLIENTS, FEW_HELOS, FEW_SENDERS, FEW_RECIPIENTS)
HELO_GRID = ([GOOD, TRUSTED], HELOS, FEW_SENDERS, FEW_RECIPIENTS)
SENDER_GRID = ([GOOD, TRUSTED], FEW_HELOS, SENDERS, FEW_RECIPIENTS)
RECIPIENT_GRID = ([GOOD, TRUSTED], FEW_HELOS, FEW_SENDERS, RECIPIENTS)
_RELOCATED = ["gone@lab.example", "GONE@LAB.EXAMPLE", "gone+x@lab.example", "gone", "left", "left@lab.example", "left+x@lab.example",
              "left@elsewhere.example", "left@relay.example", "any@moved.example", "gone@moved.example", "any@sub.moved.example",
              "gone@relay.example", "both@valias.example", "gone@[127.0.0.1]", "joe@lab.example"]
RELOCATED_GRID = ([GOOD, TRUSTED], FEW_HELOS, ["", "gone@lab.example", "any@moved.example", "user@good.example"], _RELOCATED)
ACTION_GRID = ([GOOD], FEW_HELOS, [f"{name}@good.example" for name in ACTION_NAMES], ["joe@lab.example", "victim@elsewhere.example"])
RECIPIENT_ACTION_GRID = ([GOOD], FEW_HELOS, ["user@good.example"], [f"{name}@lab.example" for name in ACTION_NAMES])

_ROWS = []


def _row(name, grid, login=False, **parameters):
    _ROWS.append((name, grid, login, parameters))


def _each(prefix, grid, lists, verbs):
    """One policy a verb, in the list where it belongs."""
    for name, verb in verbs.items():
        _row(f"{prefix}-{name}", grid, **{f"smtpd_{lists}_restrictions": verb})


_TABLE = "texthash:{tables}/"

_each("client", CLIENT_GRID, "client", {
    "reject": "reject", "permit": "permit, reject", "defer": "defer", "mynetworks": "permit_mynetworks, reject",
    "inet-interfaces": "permit_inet_interfaces, reject",
    "access": f"check_client_access {_TABLE}clients", "bare-table": f"{_TABLE}clients",
    "hash": "check_client_access hash:{tables}/access.hash",
    "cidr": "check_client_access cidr:{tables}/access.cidr",
    "reverse-access": f"check_reverse_client_hostname_access {_TABLE}reverse",
    "a-access": f"check_client_a_access {_TABLE}hosts", "mx-access": f"check_client_mx_access {_TABLE}hosts",
    "ns-access": f"check_client_ns_access {_TABLE}hosts",
    "reverse-a": f"check_reverse_client_hostname_a_access {_TABLE}hosts",
    "reverse-mx": f"check_reverse_client_hostname_mx_access {_TABLE}hosts",
    "unknown": "reject_unknown_client_hostname", "unknown-old": "reject_unknown_client",
    "unknown-reverse": "reject_unknown_reverse_client_hostname",
    "rbl": "reject_rbl_client rbl.example", "rbl-value": "reject_rbl_client many.rbl.example=127.0.0.[3..5;9]",
    "rbl-no-value": "reject_rbl_client many.rbl.example=127.0.0.7",
    "rbl-broken": "reject_rbl_client broken.rbl.example, reject_rbl_client rbl.example",
    "rbl-old": "reject_maps_rbl",
    "dnswl": "permit_dnswl_client white.example, reject", "dnswl-value": "permit_dnswl_client white.example=127.0.0.4, reject",
    "rhsbl": "reject_rhsbl_client rhs.example", "rhsbl-reverse": "reject_rhsbl_reverse_client rhs.example",
    "rhswl": "permit_rhswl_client white.example, reject",
    "warn": "warn_if_reject reject, permit", "warn-rbl": "warn_if_reject reject_rbl_client rbl.example",
    "plaintext": "reject_plaintext_session", "if-permit": "defer_if_permit", "if-reject": "defer_if_reject, reject",
    "policy": "check_policy_service inet:127.0.0.1:{policy_port}",
    "sleep": "sleep 0, reject_rbl_client rbl.example",
    "unknown-verb": "permit_mynetworks, no_such_restriction",
    "sasl": "permit_sasl_authenticated, reject",
    "misplaced": "reject_unauth_destination",
})
_row("client-dnsbl-reply-map", CLIENT_GRID, smtpd_client_restrictions="reject_rbl_client rbl.example",
     rbl_reply_maps=f"{_TABLE}dnsbl_replies")
_row("client-codes", CLIENT_GRID, smtpd_client_restrictions="reject_unknown_client_hostname, reject_rbl_client rbl.example, reject",
     unknown_client_reject_code="550", maps_rbl_reject_code="571", reject_code="521")
_row("client-access-code", CLIENT_GRID, smtpd_client_restrictions=f"check_client_access {_TABLE}clients",
     access_map_reject_code="571", access_map_defer_code="451")
_row("client-class", CLIENT_GRID, smtpd_client_restrictions="strict",
     smtpd_restriction_classes="strict", strict="reject_rbl_client rbl.example, reject_unknown_reverse_client_hostname")
_row("client-at-once", CLIENT_GRID, smtpd_delay_reject="no", smtpd_client_restrictions="permit_mynetworks, reject_rbl_client rbl.example")
_row("client-at-once-521", CLIENT_GRID, smtpd_delay_reject="no",
     smtpd_client_restrictions=f"check_client_access inline:{{{{ {GOOD}=521 bye, {LIAR}=421 later, {NAMELESS}=reject }}}}")

_each("helo", HELO_GRID, "helo", {
    "reject": "reject", "invalid": "reject_invalid_helo_hostname", "invalid-old": "reject_invalid_hostname",
    "non-fqdn": "reject_non_fqdn_helo_hostname", "non-fqdn-old": "reject_non_fqdn_hostname",
    "unknown": "reject_unknown_helo_hostname", "unknown-old": "reject_unknown_hostname",
    "access": f"check_helo_access {_TABLE}helos", "a-access": f"check_helo_a_access {_TABLE}hosts",
    "mx-access": f"check_helo_mx_access {_TABLE}hosts", "ns-access": f"check_helo_ns_access {_TABLE}hosts",
    "rhsbl": "reject_rhsbl_helo rhs.example", "trusted": "permit_mynetworks, reject_non_fqdn_helo_hostname",
    "naked": "permit_naked_ip_address, reject",
    "if-permit": "defer_if_permit, reject_invalid_helo_hostname",
    "warn": "warn_if_reject reject_invalid_helo_hostname",
})
_row("helo-required", HELO_GRID, smtpd_helo_required="yes", smtpd_helo_restrictions="reject_invalid_helo_hostname")
_row("helo-at-once", HELO_GRID, smtpd_delay_reject="no",
     smtpd_helo_restrictions="reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname, reject_unknown_helo_hostname")
_row("helo-codes", HELO_GRID, smtpd_helo_restrictions="reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname, reject_unknown_helo_hostname",
     invalid_hostname_reject_code="550", non_fqdn_reject_code="551", unknown_hostname_reject_code="552",
     unknown_helo_hostname_tempfail_action="defer")

_each("sender", SENDER_GRID, "sender", {
    "reject": "reject", "non-fqdn": "reject_non_fqdn_sender", "unknown": "reject_unknown_sender_domain",
    "access": f"check_sender_access {_TABLE}senders", "pcre": "check_sender_access pcre:{tables}/access.pcre",
    "regexp": "check_sender_access regexp:{tables}/access.regexp",
    "a-access": f"check_sender_a_access {_TABLE}hosts", "mx-access": f"check_sender_mx_access {_TABLE}hosts",
    "ns-access": f"check_sender_ns_access {_TABLE}hosts", "mx-ok": f"check_sender_mx_access {_TABLE}mx_ok",
    "rhsbl": "reject_rhsbl_sender rhs.example", "unlisted": "reject_unlisted_sender",
    "policy": "check_policy_service inet:127.0.0.1:{policy_port}",
})
_row("sender-unlisted-always", SENDER_GRID, smtpd_reject_unlisted_sender="yes")
_row("sender-at-once", SENDER_GRID, smtpd_delay_reject="no", smtpd_sender_restrictions="reject_non_fqdn_sender, reject_unknown_sender_domain")
_row("sender-codes", SENDER_GRID, smtpd_sender_restrictions="reject_non_fqdn_sender, reject_unknown_sender_domain, reject_unlisted_sender",
     non_fqdn_reject_code="551", unknown_address_reject_code="553", unknown_address_tempfail_action="defer")
_row("sender-actions", ACTION_GRID, smtpd_sender_restrictions=f"check_sender_access {_TABLE}actions",
     smtpd_restriction_classes="strict", strict="reject_unauth_destination, reject")
_row("sender-null-key", SENDER_GRID, smtpd_sender_restrictions="check_sender_access inline:{{ NULL=REJECT }}",
     smtpd_null_access_lookup_key="NULL")
_row("sender-tempfail-defer", SENDER_GRID, smtpd_sender_restrictions="reject_unknown_sender_domain",
     reject_tempfail_action="defer")

for _login in (False, True):
    _suffix = "-login" if _login else ""
    for _name, _verb in {
        "mismatch": "reject_sender_login_mismatch", "auth-mismatch": "reject_authenticated_sender_login_mismatch",
        "known-mismatch": "reject_known_sender_login_mismatch", "unauth-mismatch": "reject_unauthenticated_sender_login_mismatch",
    }.items():
        _row(f"login-{_name}{_suffix}", SENDER_GRID, _login, smtpd_sender_restrictions=_verb,
             smtpd_sender_login_maps=f"{_TABLE}login_senders")
    _row(f"login-access{_suffix}", SENDER_GRID, _login, smtpd_sender_restrictions=f"check_sasl_access {_TABLE}sasl")
    _row(f"relay-default{_suffix}", RECIPIENT_GRID, _login)
    _row(f"relay-defer{_suffix}", RECIPIENT_GRID, _login,
         smtpd_relay_restrictions="permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination")
    _row(f"relay-tls{_suffix}", RECIPIENT_GRID, _login,
         smtpd_relay_restrictions="permit_tls_all_clientcerts, permit_sasl_authenticated, reject")

_each("recipient", RECIPIENT_GRID, "recipient", {
    "reject": "reject", "non-fqdn": "reject_non_fqdn_recipient", "unknown": "reject_unknown_recipient_domain",
    "access": f"check_recipient_access {_TABLE}recipients", "unlisted": "permit_mynetworks, reject_unlisted_recipient",
    "a-access": f"check_recipient_a_access {_TABLE}hosts", "mx-access": f"check_recipient_mx_access {_TABLE}hosts",
    "ns-access": f"check_recipient_ns_access {_TABLE}hosts", "rhsbl": "reject_rhsbl_recipient rhs.example",
    "auth-destination": "permit_auth_destination, reject", "policy": "check_policy_service inet:127.0.0.1:{policy_port}",
    "if-permit": "defer_if_permit, reject_non_fqdn_recipient", "relay-domains-old": "check_relay_domains",
})
_row("recipient-actions", RECIPIENT_ACTION_GRID, smtpd_recipient_restrictions=f"check_recipient_access {_TABLE}recipient_actions",
     smtpd_restriction_classes="strict", strict="reject_unknown_sender_domain, reject")
_row("recipient-unlisted-off", RECIPIENT_GRID, smtpd_reject_unlisted_recipient="no")
_row("recipient-unlisted-tables", RECIPIENT_GRID, virtual_mailbox_maps=f"{_TABLE}vbox",
     virtual_alias_maps=f"{_TABLE}valias", relay_recipient_maps=f"{_TABLE}relay_users",
     local_recipient_maps=f"{_TABLE}local_users", recipient_delimiter="+")
_row("recipient-relocated", RELOCATED_GRID, virtual_alias_maps=f"{_TABLE}valias")
_row("recipient-relocated-senders", RELOCATED_GRID, smtpd_reject_unlisted_sender="yes",
     smtpd_recipient_restrictions="permit_mynetworks, reject_unlisted_recipient")
_row("recipient-relocated-off", RELOCATED_GRID, smtpd_reject_unlisted_recipient="no")
_row("recipient-unlisted-codes", RECIPIENT_GRID, virtual_mailbox_maps=f"{_TABLE}vbox",
     virtual_alias_maps=f"{_TABLE}valias", relay_recipient_maps=f"{_TABLE}relay_users",
     local_recipient_maps=f"{_TABLE}local_users", show_user_unknown_table_name="no", unknown_local_recipient_reject_code="450",
     unknown_relay_recipient_reject_code="451", unknown_virtual_mailbox_reject_code="554", unknown_virtual_alias_reject_code="555")
_row("recipient-first", RECIPIENT_GRID, smtpd_relay_before_recipient_restrictions="no",
     smtpd_recipient_restrictions="reject_non_fqdn_recipient")
_row("recipient-codes", RECIPIENT_GRID, smtpd_recipient_restrictions="reject_non_fqdn_recipient, reject_unknown_recipient_domain, reject",
     non_fqdn_reject_code="551", unknown_address_reject_code="553", reject_code="521", relay_domains_reject_code="530")
_row("recipient-mx-backup", RECIPIENT_GRID, smtpd_relay_restrictions="permit_mx_backup, reject_unauth_destination",
     permit_mx_backup_networks="192.0.2.0/24", proxy_interfaces="127.0.0.1")
_row("recipient-only-old", RECIPIENT_GRID, smtpd_relay_restrictions="",
     smtpd_recipient_restrictions="permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination")
_row("recipient-unverified", RECIPIENT_GRID, smtpd_recipient_restrictions="reject_unverified_recipient",
     unverified_recipient_defer_code="451")
_row("recipient-unverified-codes", RECIPIENT_GRID, smtpd_recipient_restrictions="reject_unverified_recipient",
     unverified_recipient_reject_code="550", unverified_recipient_defer_code="250")
_row("recipient-unverified-reason", RECIPIENT_GRID, smtpd_recipient_restrictions="reject_unverified_recipient, reject",
     unverified_recipient_reject_code="550", unverified_recipient_reject_reason="Gone away", unverified_recipient_tempfail_action="defer")
_row("sender-unverified", SENDER_GRID, smtpd_sender_restrictions="reject_unverified_sender")
_row("sender-unverified-codes", SENDER_GRID, smtpd_sender_restrictions="warn_if_reject reject_unverified_sender, reject_unverified_sender",
     unverified_sender_reject_code="551", unverified_sender_defer_code="450", soft_bounce="yes")
_row("recipient-footer", RECIPIENT_GRID, smtpd_reject_footer="\\c. Call the helpdesk of $${server_name}",
     smtpd_recipient_restrictions="reject_non_fqdn_recipient")
_row("recipient-percent", RECIPIENT_GRID, allow_percent_hack="no", swap_bangpath="no")
_row("recipient-untrusted-routing", RECIPIENT_GRID, allow_untrusted_routing="yes")
_row("parent-style", SENDER_GRID, parent_domain_matches_subdomains="", smtpd_sender_restrictions=f"check_sender_access {_TABLE}senders")

POLICIES = {name: parameters for name, _, _, parameters in _ROWS}
GRIDS = {name: (grid, login) for name, grid, login, _ in _ROWS}

# Policies whose sessions are written out, below: data, end of data, ETRN, certificates, pipelining.
_DATA = f"check_sender_access {_TABLE}actions"
SPECIAL = {
    "data-reject": {"smtpd_data_restrictions": "reject"},
    "data-pipelining": {"smtpd_data_restrictions": "reject_unauth_pipelining"},
    "data-bounce": {"smtpd_data_restrictions": "reject_multi_recipient_bounce"},
    "data-actions": {"smtpd_data_restrictions": _DATA, "smtpd_restriction_classes": "strict", "strict": "reject"},
    "data-recipient": {"smtpd_data_restrictions": f"check_recipient_access {_TABLE}recipients"},
    "end-reject": {"smtpd_end_of_data_restrictions": "reject"},
    "end-actions": {"smtpd_end_of_data_restrictions": _DATA, "smtpd_restriction_classes": "strict", "strict": "reject"},
    "end-policy": {"smtpd_end_of_data_restrictions": "check_policy_service inet:127.0.0.1:{policy_port}"},
    "etrn-reject": {"smtpd_etrn_restrictions": "permit_mynetworks, reject"},
    "etrn-access": {"smtpd_etrn_restrictions": "check_etrn_access inline:{{ relay.example=REJECT not now }}"},
    "vrfy": {"smtpd_recipient_restrictions": "reject_non_fqdn_recipient"},
    "certificates": {"smtpd_relay_restrictions": "permit_tls_clientcerts, reject_unauth_destination",
                     "relay_clientcerts": "texthash:{tables}/fingerprints", "smtpd_tls_fingerprint_digest": "sha256"},
    "all-certificates": {"smtpd_relay_restrictions": "permit_tls_all_clientcerts, reject_unauth_destination"},
    "certificate-access": {"smtpd_relay_restrictions": "check_ccert_access texthash:{tables}/fingerprints, reject_unauth_destination",
                           "smtpd_tls_fingerprint_digest": "sha256"},
    "certificate-order": {"smtpd_relay_restrictions":
                          "check_ccert_access {{ texthash:{tables}/fingerprints, {{ search_order = subject, pubkey_fingerprint }} }}, reject",
                          "smtpd_tls_fingerprint_digest": "sha256"},
}
