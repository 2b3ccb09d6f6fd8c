"""One login at a Postern, and a Postern of type cyrus to log in at."""

from .raw_smtp import RawSmtp, plain_token


def start(make, smtpd_conf, **main_cf):
    """A Postern of type cyrus with that smtpd.conf; None: without one."""
    server = make.postern(start=False, smtpd_sasl_type="cyrus", smtpd_sasl_path="smtpd", authd_failure_delay="0s",
                          **main_cf)
    if smtpd_conf is not None:
        (server.etc / "sasl").mkdir()
        (server.etc / "sasl" / "smtpd.conf").write_text(smtpd_conf)
    return make.keep(server).start()


def offered(server):
    """The mechanisms that a client under STARTTLS is shown."""
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.starttls()
        return {word for line in client.ehlo().lines if line[4:].startswith("AUTH ") for word in line[4:].split()[1:]}


def login(server, user, password):
    """The code that AUTH PLAIN under STARTTLS is answered with."""
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.starttls()
        client.ehlo()
        return client.command("AUTH PLAIN " + plain_token(user, password)).code
