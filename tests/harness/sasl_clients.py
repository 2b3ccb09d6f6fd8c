"""Real clients that log in by a mechanism of our choice and say no more than they must.

Each is called as client(login) and returns (logged in, all output).
"""

import dataclasses
import json
import os
import pathlib
import smtplib
import ssl
import subprocess

from .clients import HELO, NODEMAILER

SMTPTEST = "/usr/lib/cyrus/bin/smtptest"  # Debian has it outside of everybody's PATH


@dataclasses.dataclass
class Login:
    port: int
    mechanism: str
    user: str
    password: str
    wrapper: bool = False
    certificate: tuple = None  # of the client: (certificate, key)
    recipient: str = "anna@dest.example"  # for clients that cannot but send
    realm: str = "mail.postern.example"


def _run(words, stdin="", env=None):
    done = subprocess.run([str(word) for word in words], input=stdin, capture_output=True, text=True, timeout=60,
                          check=False, env=os.environ | (env or {}))
    return done.returncode, done.stdout + done.stderr


def swaks(login):
    code, said = _run(["swaks", "--server", "127.0.0.1", "--port", login.port, "--helo", HELO,
                       "--tlsc" if login.wrapper else "--tls", "--auth", login.mechanism, "--auth-user", login.user,
                       "--auth-password", login.password, "--quit-after", "AUTH"])
    return code == 0, said


def gsasl(login):
    """STARTTLS only. Binds the channel for -PLUS; for the others it is told not to try."""
    words = ["gsasl", "--smtp", "--connect", f"127.0.0.1:{login.port}", "--mechanism", login.mechanism,
             "--authentication-id", login.user, "--authorization-id", "", "--password", login.password, "--x509-ca-file=",
             "--quality-of-protection=qop-auth", f"--realm={login.realm}", f"--hostname={login.realm}", "--service=smtp"]
    if not login.mechanism.endswith("-PLUS"):
        words.append("--no-cb")
    if login.certificate:
        words += [f"--x509-cert-file={login.certificate[0]}", f"--x509-key-file={login.certificate[1]}"]
    code, said = _run(words)
    return code == 0 and "\n235 " in said, said


def smtptest(login):
    """Cyrus's own, with the mechanisms of libsasl."""
    words = [SMTPTEST, "-p", login.port, "-m", login.mechanism, "-a", login.user, "-u", login.user, "-w", login.password,
             "-s" if login.wrapper else "-t", *([] if login.wrapper else [""]), "127.0.0.1"]
    _, said = _run(words, "QUIT\r\n")
    return "\nAuthenticated." in said, said


def msmtp(login):
    words = ["msmtp", "--file=/dev/null", "--host=127.0.0.1", f"--port={login.port}", f"--domain={HELO}",
             "--from=joe@home.example", "--tls=on", f"--tls-starttls={'off' if login.wrapper else 'on'}",
             "--tls-certcheck=off", "--timeout=30", f"--auth={login.mechanism.lower()}", f"--user={login.user}",
             "--passwordeval=printenv CLIENT_PASSWORD", "--debug"]
    if login.certificate:
        words += [f"--tls-cert-file={login.certificate[0]}", f"--tls-key-file={login.certificate[1]}"]
    code, said = _run([*words, login.recipient], "Subject: test\n\nhello\n", {"CLIENT_PASSWORD": login.password})
    return code == 0, said


def curl(login):
    scheme = "smtps" if login.wrapper else "smtp"
    words = ["curl", "--verbose", "--silent", "--show-error", "--insecure", "--max-time", "30", "--user",
             f"{login.user}:{login.password}", "--login-options", f"AUTH={login.mechanism}", "--request", "NOOP",
             f"{scheme}://127.0.0.1:{login.port}/{HELO}"]
    if not login.wrapper:
        words.insert(1, "--ssl-reqd")
    if login.certificate:
        words[1:1] = ["--cert", login.certificate[0], "--key", login.certificate[1]]
    code, said = _run(words)
    return code == 0, said


def token_curl(login):
    """With an access token; password is the token."""
    scheme = "smtps" if login.wrapper else "smtp"
    words = ["curl", "--verbose", "--silent", "--show-error", "--insecure", "--max-time", "30", "--user", login.user + ":",
             "--oauth2-bearer", login.password, "--login-options", f"AUTH={login.mechanism}", "--request", "NOOP",
             f"{scheme}://127.0.0.1:{login.port}/{HELO}"]
    if not login.wrapper:
        words.insert(1, "--ssl-reqd")
    code, said = _run(words)
    return code == 0, said


def nodemailer(login):
    wish = {"port": login.port, "secure": login.wrapper, "name": HELO, "user": login.user, "pass": login.password,
            "method": login.mechanism}
    code, said = _run(["node", str(NODEMAILER / "login.js")], json.dumps(wish))
    return code == 0, said


def python_smtplib(login):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        if login.wrapper:
            client = smtplib.SMTP_SSL("127.0.0.1", login.port, HELO, timeout=30, context=context)
        else:
            client = smtplib.SMTP("127.0.0.1", login.port, HELO, timeout=30)
        with client:
            if not login.wrapper:
                client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
            client.user, client.password = login.user, login.password
            step = {"PLAIN": client.auth_plain, "LOGIN": client.auth_login, "CRAM-MD5": client.auth_cram_md5}
            client.auth(login.mechanism, step[login.mechanism])
    except smtplib.SMTPException as error:
        return False, str(error)
    return True, ""


BOTH = (False, True)
STARTTLS = (False,)
_OLD = ["PLAIN", "LOGIN", "CRAM-MD5"]
_PLUS = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"]

# Who can do what: (client, mechanisms, with implicit TLS?).
CAPABILITIES = [
    (swaks, [*_OLD, "DIGEST-MD5"], BOTH),
    (gsasl, [*_OLD, "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", *_PLUS], STARTTLS),
    (smtptest, [*_OLD, "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"], BOTH),
    (msmtp, [*_OLD, "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"], BOTH),
    (curl, [*_OLD, "DIGEST-MD5"], BOTH),
    (nodemailer, _OLD, BOTH),
    (python_smtplib, _OLD, BOTH),
]


def cells(mechanisms=None):
    """[(client, mechanism, wrapper)], of these mechanisms or of all."""
    return [(client, mechanism, wrapper) for client, able, ways in CAPABILITIES for mechanism in able
            for wrapper in ways if mechanisms is None or mechanism in mechanisms]


def cell_id(cell):
    client, mechanism, wrapper = cell
    return f"{client.__name__}-{mechanism}-{'implicit' if wrapper else 'starttls'}"
