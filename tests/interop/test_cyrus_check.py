"""smtpd.conf as people have it, on a whole machine: passwords of the system's users, checked by a saslauthd or by ours.

What is written in these files, and nothing else, is what the service is configured with.
"""

import shutil
import subprocess

import pytest
from harness import processes
from harness.postern import BINARIES
from harness.system_service import SystemService
from harness.waiting import wait_until

SASLAUTHD_CONF = "pwcheck_method: saslauthd\nmech_list: plain login\n"
PAM_CONF = "pwcheck_method: pam\n"
PAM_SERVICE = "auth required pam_unix.so\naccount required pam_unix.so\n"
PASSWORD = "system secret"
SOCKET = "/var/run/saslauthd/mux"
OWN_CHECKS = {"pam": PAM_CONF, "shadow": "pwcheck_method: shadow\n", "getpwent": "pwcheck_method: getpwent\n"}


@pytest.fixture
def build(scratch):
    """Makes a service of type cyrus with that smtpd.conf and joe, a user of the system."""
    made = []

    def one(smtpd_conf):
        service = SystemService(scratch)
        made.append(service)
        service.init(maillog_file="/srv/postern/mail.log", smtpd_sasl_type="cyrus", smtpd_sasl_path="smtpd",
                     authd_failure_delay="0s")
        service.run("sh", "-c", "mount -t tmpfs -o mode=755 tmpfs /run; mkdir -p /run/saslauthd /etc/postfix/sasl")
        service.path("/etc/postfix/sasl/smtpd.conf").write_text(smtpd_conf)
        service.path("/etc/pam.d/smtp").write_text(PAM_SERVICE)
        service.add_system_user("joe")
        service.run("usermod", "-p", encrypt(PASSWORD), "joe")
        return service

    yield one
    for service in made:
        service.stop()


def encrypt(password):
    return subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password, capture_output=True, text=True,
                          check=True).stdout.strip()


def login(service, mechanism, user, password):
    """The reply to AUTH, as swaks shows it."""
    done = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(service.submission), "--tls", "--quit-after",
                           "AUTH", "--auth", mechanism, "--auth-user", user, "--auth-password", password],
                          capture_output=True, text=True, timeout=60, check=False)
    for line in reversed(done.stdout.splitlines()):
        code = line.lstrip("<~* -")[:3]
        if code in ("235", "535", "454"):
            return int(code)
    raise AssertionError(done.stdout + done.stderr)


def mechanisms(service):
    done = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(service.submission), "--tls", "--quit-after",
                           "EHLO"], capture_output=True, text=True, timeout=60, check=False)
    offers = [line.split("AUTH ", 1)[1].split() for line in done.stdout.splitlines() if "AUTH " in line and "250" in line]
    return offers[-1] if offers else []


def assert_logins_work(service):
    for mechanism in ("PLAIN", "LOGIN"):
        assert login(service, mechanism, "joe", PASSWORD) == 235, mechanism
        assert login(service, mechanism, "joe", "wrong") == 535, mechanism
        assert login(service, mechanism, "nobody-here", PASSWORD) == 535, mechanism
    assert PASSWORD not in service.log_text()


def saslauthds(service):
    """masterd's."""
    return processes.children_named(service.pid(), "saslauthd")


@pytest.mark.parametrize("daemon", ["/usr/sbin/saslauthd", BINARIES / "saslauthd"], ids=["cyrus", "ours"])
def test_a_saslauthd_that_runs_already_is_asked(build, daemon):
    service = build(SASLAUTHD_CONF)
    assert shutil.which(daemon)
    # Cyrus's ends its whole process group with itself.
    service.spawn(daemon, "-d", "-a", "shadow", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                  start_new_session=True)
    wait_until(service.path(SOCKET.replace("/var/run", "/run")).exists, "saslauthd's socket")
    service.start()
    assert sorted(mechanisms(service)) == ["LOGIN", "PLAIN"]
    assert_logins_work(service)
    service.wait_log("login accepted, source=saslauthd")
    assert not saslauthds(service), "nobody asked for a saslauthd of ours"


@pytest.mark.parametrize("method", OWN_CHECKS)
def test_passwords_of_system_users_are_checked_without_a_daemon(build, method):
    service = build(OWN_CHECKS[method])
    if method == "getpwent":
        # Its hashes are those of /etc/passwd itself.
        service.run("pwunconv")
    service.start()
    assert sorted(mechanisms(service)) == ["LOGIN", "PLAIN"]
    assert not saslauthds(service), "it waits until it is asked"
    assert_logins_work(service)
    service.wait_log(f"login accepted, source={method}")


def test_a_file_that_only_root_may_read_counts(build):
    service = build(PAM_CONF + "mech_list: login\n")
    service.path("/etc/postfix/sasl/smtpd.conf").chmod(0o600)
    service.start()
    assert mechanisms(service) == ["LOGIN"]
    assert login(service, "LOGIN", "joe", PASSWORD) == 235


def test_a_locked_user_of_the_system_is_kept_out(build):
    service = build(PAM_CONF).start()
    assert login(service, "PLAIN", "joe", PASSWORD) == 235
    service.run("usermod", "--lock", "joe")
    assert login(service, "PLAIN", "joe", PASSWORD) == 535
    service.run("usermod", "--unlock", "--expiredate", "1", "joe")
    assert login(service, "PLAIN", "joe", PASSWORD) == 535
    service.run("usermod", "--expiredate", "", "joe")
    assert login(service, "PLAIN", "joe", PASSWORD) == 235


def test_without_a_pam_service_nobody_gets_in_and_smtpd_lives(build):
    service = build(PAM_CONF)
    service.path("/etc/pam.d/smtp").unlink()
    service.path("/etc/pam.d/other").write_text("auth required pam_deny.so\naccount required pam_deny.so\n")
    service.start()
    assert login(service, "PLAIN", "joe", PASSWORD) == 535
    assert sorted(mechanisms(service)) == ["LOGIN", "PLAIN"]


def checker_of(service):
    (checker,) = processes.children_named(service.pid(), "saslauthd")
    return checker


def test_the_checker_that_dies_is_started_again(build):
    """Whichever of them dies, from the process in which PAM runs up to saslauthd itself, a login brings it back."""
    service = build(PAM_CONF).start()
    for which in ("worker", "forker", "saslauthd"):
        assert login(service, "PLAIN", "joe", PASSWORD) == 235
        checker = checker_of(service)
        helpers = processes.children_named(checker, "saslauthd-pam")
        (forker,) = [pid for pid in helpers if processes.parents()[pid] == checker]
        workers = [pid for pid in helpers if pid != forker]
        assert workers, "PAM is asked in a process of its own"
        for pid in {"worker": workers, "forker": [forker, *workers], "saslauthd": [checker]}[which]:
            processes.kill(pid)
            processes.wait_gone(pid)
        wait_until(lambda: login(service, "PLAIN", "joe", PASSWORD) == 235, f"a login after the {which}'s end")
    service.wait_log("the process that starts PAM workers is gone")


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return {key: value.split() for key, _, value in (line.partition(":") for line in file)}


def test_only_the_checker_is_root(build):
    service = build(PAM_CONF).start()
    assert login(service, "PLAIN", "joe", PASSWORD) == 235
    mail_owner = service.path("/srv/postern/data").stat()
    (authd,) = processes.children_named(service.pid(), "authd")
    (smtpd, *_) = processes.children_named(service.pid(), "smtpd")
    for pid in (authd, smtpd):
        status = status_of(pid)
        assert status["Uid"] == [str(mail_owner.st_uid)] * 4 and int(status["CapEff"][0], 16) == 0
    status = status_of(checker_of(service))
    assert status["Uid"] == ["0"] * 4 and status["NoNewPrivs"] == ["1"] and status["Seccomp"] == ["2"]
    for name in ("check-pam", "check-shadow", "check-getpwent"):
        path = service.path(f"/srv/postern/queue/private/{name}")
        assert path.is_socket()
        assert path.parent.stat().st_uid in (0, mail_owner.st_uid)
        assert path.parent.stat().st_mode & 0o077 == 0 or path.stat().st_mode & 0o007 == 0, "nobody else may ask"
