"""NTLM: from sasldb2's passwords, by a client that answers in version 2 and one that knows version 1 alone."""

import subprocess

import pytest
from harness.sasl_clients import Login, curl, gsasl
from harness.waiting import wait_until

DOMAIN = "mail.postern.example"


@pytest.fixture(scope="module")
def server(module_make, module_scratch):
    passwords = module_scratch / "sasldb2"
    subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-f", str(passwords), "-u", DOMAIN, "joe"], input="pässwörd",
                   text=True, check=True)
    passwords.chmod(0o644)
    made = module_make.postern(start=False, smtpd_sasl_type="cyrus", smtpd_sasl_path="smtpd", authd_failure_delay="0s",
                               smtpd_sasl_local_domain=DOMAIN)
    (made.etc / "sasl").mkdir()
    (made.etc / "sasl" / "smtpd.conf").write_text(
        f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {passwords}\nmech_list: ntlm plain\n")
    return module_make.keep(made).start()


@pytest.mark.parametrize("wrapper", [False, True], ids=["starttls", "implicit"])
@pytest.mark.parametrize("user", ["joe", "WORKGROUP\\joe", "JOE"])
def test_curl(server, user, wrapper):
    def attempt(password):
        return curl(Login(server.smtps if wrapper else server.submission, "NTLM", user, password, wrapper))

    def accepted():
        return server.log_text().count("method=NTLM, service=smtp, client=127.0.0.1: login accepted")

    before = accepted()
    worked, said = attempt("pässwörd")
    right = user != "JOE"  # sasldb2 knows a name by its exact spelling
    assert worked == right, said
    wait_until(lambda: accepted() == before + right, "the login in the log")
    worked, said = attempt("password")
    assert not worked, said


def test_version_1_is_refused(server):
    worked, said = gsasl(Login(server.submission, "NTLM", "joe", "pässwörd"))
    assert not worked, said
    server.wait_log("NTLM response of version 1, which is not taken")
