"""Every client that we have by every mechanism that it speaks, under STARTTLS and implicit TLS, at one server."""

import pytest
from harness.certificates import Authority
from harness.postern import PASSWORD
from harness.sasl_clients import Login, cell_id, cells, curl, gsasl, msmtp
from harness.waiting import wait_until

WEAK = "cram-md5, digest-md5"
STRONG = "scram-sha-512-plus, scram-sha-256-plus, scram-sha-1-plus, scram-sha-512, scram-sha-256, scram-sha-1"


@pytest.fixture(scope="module")
def authority(module_scratch):
    return Authority(module_scratch)


@pytest.fixture(scope="module")
def server(module_make, authority):
    return module_make.postern(
        module_make.sink().port, authd_failure_delay="0s", authd_store_weak_secrets=WEAK,
        authd_mechanisms=f"{STRONG}, {WEAK}, external, plain, login", smtpd_sasl_mechanism_filter="static:all",
        smtpd_tls_ask_ccert="yes", smtpd_tls_CAfile=authority.root)


def log_in(server, cell, password=PASSWORD, user="joe", certificate=None):
    client, mechanism, wrapper = cell
    port = server.smtps if wrapper else server.submission
    return client(Login(port, mechanism, user, password, wrapper, certificate))


def accepted(server, mechanism):
    return server.log_text().count(f"user=joe, method={mechanism}, service=smtp, client=127.0.0.1: login accepted")


@pytest.mark.parametrize("cell", cells(), ids=cell_id)
def test_right_password(server, cell):
    before = accepted(server, cell[1])
    worked, said = log_in(server, cell)
    assert worked, said
    wait_until(lambda: accepted(server, cell[1]) == before + 1, f"a login by {cell[1]}, no other")


@pytest.mark.parametrize("cell", cells(), ids=cell_id)
def test_wrong_password(server, cell):
    before = accepted(server, cell[1])
    worked, said = log_in(server, cell, "wrong")
    assert not worked, said
    assert accepted(server, cell[1]) == before


EXTERNAL = [(gsasl, "EXTERNAL", False), *((client, "EXTERNAL", wrapper) for client in (msmtp, curl)
                                          for wrapper in (False, True))]


@pytest.mark.parametrize("cell", EXTERNAL, ids=cell_id)
def test_client_certificate(server, authority, cell):
    before = accepted(server, "EXTERNAL")
    user = "" if cell[0] is gsasl else "joe"
    worked, said = log_in(server, cell, "", user, authority.sign("joe"))
    assert worked, said
    wait_until(lambda: accepted(server, "EXTERNAL") == before + 1, "a login by EXTERNAL")
    worked, said = log_in(server, cell, "", user, authority.sign("nobody"))
    assert not worked, said
