"""smtpd.conf with auxprop_plugin: sql, against real PostgreSQL and MariaDB servers and SQLite files."""

import base64
import sqlite3
import subprocess

import pytest
from harness import sasl_clients
from harness.databases import DATABASE, PASSWORD, USER, Mariadb, Postgresql
from harness.logins import login, start
from harness.ports import free_port
from harness.raw_smtp import RawSmtp
from harness.sasl_clients import Login
from harness.waiting import wait_until

HOST = "mail.postern.example"
TABLE = 'CREATE TABLE users (name VARCHAR(100), realm VARCHAR(100), "userPassword" VARCHAR(500), "authPassword" VARCHAR(500))'
PEOPLE = {  # (name, realm): password as stored
    ("joe", HOST): "db secret",
    ("joe", "other.example"): "other secret",
    ("o'hara", HOST): "it's; DROP TABLE users; --",
    ("back\\slash", HOST): "a\\'b",
    ("percent%u%r", HOST): "100%v",
    ("jürgen", HOST): "schlüssel €",
    ("hashed", HOST): "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=",
    ("nothing", HOST): None,
}
KEYS_OF_PENCIL = ("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
                  "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")
SELECT = "SELECT {p} FROM users WHERE name='%u' AND realm='%r'"


class Sqlite:
    """A file is a server that always runs."""

    engine = "sqlite3"

    def __init__(self, directory):
        directory.mkdir(parents=True)
        directory.chmod(0o777)
        self.path = directory / "users.db"

    def start(self):
        return self

    def stop(self):
        pass

    def make_database(self):
        sqlite3.connect(self.path).close()
        self.path.chmod(0o666)

    def run(self, statements, database=None):
        with sqlite3.connect(self.path) as connection:
            done = "\n".join(str(row[0]) for row in connection.execute(statements))
        connection.close()
        return done


def quoted(db, text):
    if text is None:
        return "NULL"
    text = text.replace("'", "''")
    return "'" + (text.replace("\\", "\\\\") if db.engine == "mysql" else text) + "'"


def fill(db):
    db.make_database()
    names = (lambda text: text.replace('"', "`")) if db.engine == "mysql" else (lambda text: text)
    db.run(names(TABLE))
    for (name, realm), password in PEOPLE.items():
        db.run("INSERT INTO users VALUES (" + ", ".join(quoted(db, x) for x in (name, realm, password, None)) + ")")
    db.run(f"INSERT INTO users VALUES ('keys', '{HOST}', NULL, '{KEYS_OF_PENCIL}')")
    return db


def smtpd_conf(db, hosts=None, select=None, more=""):
    column = "`%p`" if db.engine == "mysql" else '"%p"'
    lines = ["pwcheck_method: auxprop", "auxprop_plugin: sql", f"sql_engine: {db.engine}",
             f"sql_select: {select or SELECT.format(p=column)}"]
    if db.engine == "sqlite3":
        lines.append(f"sql_database: {db.path}")
    else:
        lines += [f"sql_hostnames: {hosts or f'127.0.0.1:{db.port}'}", f"sql_user: {USER}", f"sql_passwd: {PASSWORD}",
                  f"sql_database: {DATABASE}"]
    return "\n".join(lines) + "\n" + more


@pytest.fixture(scope="module", params=[Postgresql, Mariadb, Sqlite])
def db(request, module_scratch):
    server = request.param(module_scratch / request.param.engine).start()
    yield fill(server)
    server.stop()


@pytest.fixture(scope="module")
def server(module_make, db):
    return start(module_make, smtpd_conf(db))


@pytest.mark.parametrize(("client", "mechanism"), [
    (sasl_clients.swaks, "PLAIN"), (sasl_clients.swaks, "LOGIN"), (sasl_clients.swaks, "CRAM-MD5"),
    (sasl_clients.gsasl, "DIGEST-MD5"), (sasl_clients.gsasl, "SCRAM-SHA-1"), (sasl_clients.gsasl, "SCRAM-SHA-256"),
    (sasl_clients.gsasl, "SCRAM-SHA-256-PLUS"), (sasl_clients.smtptest, "SCRAM-SHA-512")],
    ids=lambda value: getattr(value, "__name__", value))
def test_every_mechanism_logs_in(server, client, mechanism):
    for user, password, good in [("joe", "db secret", True), ("joe", "wrong", False), ("nobody", "db secret", False)]:
        done, said = client(Login(server.submission, mechanism, user, password))
        assert done == good, said
    server.wait_log(f"method={mechanism}, service=smtp, client=127.0.0.1: login accepted, source=sql")


@pytest.mark.parametrize(("user", "password", "code"), [
    ("joe@other.example", "other secret", 235),
    ("joe@other.example", "db secret", 535),
    ("joe@" + HOST, "db secret", 235),
    ("o'hara", "it's; DROP TABLE users; --", 235),
    ("back\\slash", "a\\'b", 235),
    ("percent%u%r", "100%v", 235),
    ("jürgen", "schlüssel €", 235),
    ("hashed", "test", 235),
    ("hashed", "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", 535),
    ("nothing", "x", 535),
    ("%u", "db secret", 535),
    ("' OR '1'='1", "db secret", 535),
    ("\\' OR 1=1 -- ", "db secret", 535),
    ("joe'; DROP TABLE users; --", "db secret", 535),
    ("joe@' OR realm<>'", "db secret", 535),
    ("joe@x\\' OR 1=1 -- ", "db secret", 535),
    pytest.param("jo" + "e" * 8000, "db secret", 535, id="long"),
])
def test_names_and_passwords_are_data(server, user, password, code):
    assert login(server, user, password) == code
    assert login(server, "joe", "db secret") == 235


@pytest.mark.parametrize("octets", [b"\0joe\xbf'\xbf\0db secret", b"\0\xbf\x27 OR 1=1 -- \0db secret", b"\0joe\xc3\0db secret",
                                    b"\0\xe2\x82'\0x", b"\0jo\0e\0db secret", b"\0joe\0db\0secret"], ids=repr)
def test_octets_that_are_no_text(server, octets):
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.starttls()
        client.ehlo()
        assert client.command("AUTH PLAIN " + base64.b64encode(octets).decode()).code in (501, 535)
    assert login(server, "joe", "db secret") == 235


def test_stored_keys_alone(server):
    """authPassword serves its own mechanism; the plaintext ones cannot be served."""
    assert sasl_clients.gsasl(Login(server.submission, "SCRAM-SHA-256", "keys", "pencil"))[0]
    assert not sasl_clients.gsasl(Login(server.submission, "SCRAM-SHA-256", "keys", "wrong"))[0]
    assert not sasl_clients.gsasl(Login(server.submission, "SCRAM-SHA-1", "keys", "pencil"))[0]


def test_a_changed_password_counts_at_once(server, db):
    column = "`userPassword`" if db.engine == "mysql" else '"userPassword"'
    db.run(f"INSERT INTO users (name, realm, {column}) VALUES ('eve', '{HOST}', 'first')")
    assert login(server, "eve", "first") == 235
    db.run(f"UPDATE users SET {column}='second' WHERE name='eve'")
    assert (login(server, "eve", "first"), login(server, "eve", "second")) == (535, 235)
    db.run("DELETE FROM users WHERE name='eve'")
    assert login(server, "eve", "second") == 535


def test_nothing_secret_is_logged(server):
    log = server.log_text()
    assert "db secret" not in log and PASSWORD not in log and "qUqP5" not in log


def test_the_first_name_of_sql_select_and_the_realm(make, db):
    """sql_statement, without %p in it; the local domain is the realm."""
    column = "`userPassword`" if db.engine == "mysql" else '"userPassword"'
    conf = smtpd_conf(db, select=SELECT.format(p=column)).replace("sql_select", "sql_statement")
    server = start(make, conf, smtpd_sasl_local_domain="other.example")
    assert login(server, "joe", "other secret") == 235
    assert login(server, "joe@" + HOST, "db secret") == 235
    assert login(server, "joe", "db secret") == 535


def test_passwords_found_elsewhere_are_taken_over(make, db, scratch):
    """auto_transition: from sasldb's passwords to the database."""
    path = scratch / "sasldb2"
    for name, word in [("anna", "a'); DROP TABLE users; --"), ("nothing", "now something")]:
        subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-f", str(path), "-u", HOST, name], input=word, text=True,
                       check=True)
    path.chmod(0o644)
    column = "`%p`" if db.engine == "mysql" else '"%p"'
    more = (f"sql_insert: INSERT INTO users (name, realm, {column}) VALUES ('%u', '%r', '%v')\n"
            f"sql_update: UPDATE users SET {column}='%v' WHERE name='%u' AND realm='%r'\n"
            f"auto_transition: yes\nsasldb_path: {path}\n")
    conf = smtpd_conf(db, more=more).replace("auxprop_plugin: sql", "auxprop_plugin: sasldb sql")
    server = start(make, conf)
    assert login(server, "anna", "a'); DROP TABLE users; --") == 235
    assert login(server, "nothing", "now something") == 235
    try:
        path.unlink()
        wait_until(lambda: login(server, "anna", "a'); DROP TABLE users; --") == 235, "the copy")
        assert login(server, "nothing", "now something") == 235
        assert db.run("SELECT COUNT(*) FROM users WHERE name='nothing'").strip() == "1"
    finally:
        db.run("DELETE FROM users WHERE name='anna'")
        db.run("UPDATE users SET " + column.replace("%p", "userPassword") + "=NULL WHERE name='nothing'")


def test_statements_that_could_not_be_escaped_are_refused(make, db):
    server = start(make, smtpd_conf(db, select="SELECT pw FROM users WHERE name=%u"))
    server.wait_log("smtpd.conf:4: sql_select: %u does not stand between plain single quotes")
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.starttls()
        assert "AUTH" not in client.ehlo().text


# ---- servers that go away


@pytest.fixture(scope="module", params=[Postgresql, Mariadb])
def frail(request, module_scratch):
    server = request.param(module_scratch / ("frail-" + request.param.engine)).start()
    yield fill(server)
    server.stop()


def test_a_server_that_is_down_and_comes_back(make, frail):
    server = start(make, smtpd_conf(frail))
    assert login(server, "joe", "db secret") == 235
    frail.stop()
    assert login(server, "joe", "db secret") == 454
    server.wait_log(f"{frail.engine} {DATABASE} on 127.0.0.1:{frail.port}: ")
    assert "??" not in server.log_text(), "the library writes a line an address"
    with RawSmtp(server.mx) as client:
        assert client.ehlo().code == 250
    frail.start()
    assert login(server, "joe", "db secret") == 235


def test_a_restart_between_logins_is_not_noticed(make, frail):
    server = start(make, smtpd_conf(frail))
    assert login(server, "joe", "db secret") == 235
    frail.stop()
    frail.start()
    assert login(server, "joe", "db secret") == 235
    assert "store_unavailable" not in server.log_text()


def test_the_second_host_of_two(make, frail):
    nobody = free_port()
    server = start(make, smtpd_conf(frail, hosts=f"127.0.0.1:{nobody}, 127.0.0.1:{frail.port}"))
    assert login(server, "joe", "db secret") == 235
    frail.stop()
    assert login(server, "joe", "db secret") == 454
    server.wait_log(f"on 127.0.0.1:{nobody}: ")
    server.wait_log(f"on 127.0.0.1:{frail.port}: ")
    frail.start()


def test_over_the_unix_socket(make, frail):
    server = start(make, smtpd_conf(frail, hosts=f"{frail.socket}:{frail.port}"))
    assert login(server, "joe", "db secret") == 235


def test_a_server_that_stands_still_has_a_deadline(make, frail):
    # One worker: the one that has a connection already.
    server = start(make, smtpd_conf(frail), authd_backend_timeout="2s", authd_backend_workers="1")
    assert login(server, "joe", "db secret") == 235
    frail.freeze()
    try:
        assert login(server, "joe", "db secret") == 454
        server.wait_log("no answer in time")
        assert login(server, "joe", "db secret") == 454, "nor is there a new connection"
    finally:
        frail.thaw()
    assert login(server, "joe", "db secret") == 235


def test_a_slow_statement_has_a_deadline(make, frail):
    sleep = "pg_sleep(30)::text" if frail.engine == "pgsql" else "SLEEP(30)"
    server = start(make, smtpd_conf(frail, select=f"SELECT {sleep} FROM users WHERE name='%u'"),
                   authd_backend_timeout="2s")
    assert login(server, "joe", "db secret") == 454
    server.wait_log("no answer in time")


def test_a_wrong_password_of_the_service_is_said(make, frail):
    server = start(make, smtpd_conf(frail).replace(PASSWORD, "not it"))
    assert login(server, "joe", "db secret") == 454
    server.wait_log("password authentication failed" if frail.engine == "pgsql" else "Access denied")
    assert "not it" not in server.log_text()


def test_tls_that_the_server_does_not_have_is_missed(make, frail):
    server = start(make, smtpd_conf(frail, more="sql_usessl: yes\n"))
    assert login(server, "joe", "db secret") == 454
    server.wait_log("server does not support SSL" if frail.engine == "pgsql" else "TLS is asked for and the server has none")
