"""Real mail clients, each sending one message the way its users do. Every function returns (exit status, all output)."""

import json
import os
import pathlib
import smtplib
import ssl
import subprocess

HELO = "laptop.at-home.example"  # what must not be seen by the recipient
NODEMAILER = pathlib.Path(__file__).resolve().parents[1] / "interop" / "nodemailer"


def _run(words, stdin="", env=None):
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=60, check=False,
                          env=os.environ | (env or {}))
    return done.returncode, done.stdout + done.stderr


def _message(sender, recipient, subject):
    return f"From: <{sender}>\nTo: <{recipient}>\nSubject: {subject}\n\nhello from {subject}\n"


def _swaks(mechanism, port, sender, recipient, subject, user, password, wrapper):
    words = ["swaks", "--server", "127.0.0.1", "--port", str(port), "--helo", HELO, "--from", sender, "--to", recipient,
             "--header", f"Subject: {subject}", "--tlsc" if wrapper else "--tls"]
    if user:
        words += ["--auth", mechanism, "--auth-user", user, "--auth-password", password]
    return _run(words)


def swaks(port, sender, recipient, subject, user=None, password=None, wrapper=False):
    return _swaks("PLAIN", port, sender, recipient, subject, user, password, wrapper)


def swaks_login(port, sender, recipient, subject, user=None, password=None, wrapper=False):
    return _swaks("LOGIN", port, sender, recipient, subject, user, password, wrapper)


def msmtp(port, sender, recipient, subject, user=None, password=None, wrapper=False):
    words = ["msmtp", "--file=/dev/null", "--host=127.0.0.1", f"--port={port}", f"--domain={HELO}", f"--from={sender}",
             "--tls=on", f"--tls-starttls={'off' if wrapper else 'on'}", "--tls-certcheck=off", "--timeout=30"]
    if user:
        words += ["--auth=plain", f"--user={user}", "--passwordeval=printenv CLIENT_PASSWORD"]
    return _run([*words, recipient], _message(sender, recipient, subject), {"CLIENT_PASSWORD": password or ""})


def curl(port, sender, recipient, subject, user=None, password=None, wrapper=False):
    scheme = "smtps" if wrapper else "smtp"
    words = ["curl", "--silent", "--show-error", "--insecure", "--max-time", "30", "--crlf", "--mail-from", sender,
             "--mail-rcpt", recipient, "--upload-file", "-", f"{scheme}://127.0.0.1:{port}/{HELO}"]
    if not wrapper:
        words.insert(1, "--ssl-reqd")
    if user:
        words += ["--user", f"{user}:{password}"]
    return _run(words, _message(sender, recipient, subject))


def python_smtplib(port, sender, recipient, subject, user=None, password=None, wrapper=False):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        if wrapper:
            client = smtplib.SMTP_SSL("127.0.0.1", port, HELO, timeout=30, context=context)
        else:
            client = smtplib.SMTP("127.0.0.1", port, HELO, timeout=30)
        with client:
            if not wrapper:
                client.starttls(context=context)
            if user:
                client.login(user, password)
            client.sendmail(sender, [recipient], _message(sender, recipient, subject).replace("\n", "\r\n"))
    except (smtplib.SMTPException, OSError) as error:
        return 1, str(error)
    return 0, ""


def s_nail(port, sender, recipient, subject, user=None, password=None, wrapper=False):
    scheme = "smtps" if wrapper else "smtp"
    words = ["s-nail", "-:/", "-Sv15-compat", "-Stls-verify=ignore", "-r", sender, f"-Shostname={HELO}",
             "-Sexpandaddr", "-Ssendwait", "-s", subject]
    if not wrapper:
        words.append("-Ssmtp-use-starttls")
    if user:
        words += ["-Ssmtp-auth=plain", f"-Smta={scheme}://{user}:{password.replace(' ', '%20')}@127.0.0.1:{port}"]
    else:
        words += ["-Ssmtp-auth=none", f"-Smta={scheme}://127.0.0.1:{port}"]
    return _run([*words, recipient], f"hello from {subject}\n")


def nodemailer(port, sender, recipient, subject, user=None, password=None, wrapper=False):
    wish = {"port": port, "secure": wrapper, "name": HELO, "user": user, "pass": password, "from": sender,
            "to": recipient, "subject": subject, "text": f"hello from {subject}\n"}
    return _run(["node", str(NODEMAILER / "send.js")], json.dumps(wish))


ALL = [swaks, swaks_login, msmtp, curl, python_smtplib, s_nail, nodemailer]
