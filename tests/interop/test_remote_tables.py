"""Tables that other programs answer for: the same file, asked by Debian's postmap and by ours, tells the same."""

import sqlite3
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from harness.certificates import make_certificate
from harness.databases import DATABASE, PASSWORD, USER, Mariadb, Postgresql
from harness.key_stores import Memcached, Redis, TableServer, netstring, take_netstring
from harness.ports import free_port
from harness.postern import BINARIES
from harness.postmap import NONE, Postmap, value
from harness.slapd import ADMIN, ADMIN_PASSWORD, SUFFIX, Slapd, person

HOSTILE = ["o'hara@x.example", 'quo"te@x.example', "back\\slash@x.example", "star*@x.example", "(paren)@x.example",
           "percent%s%u@x.example", "' or '1'='1", "*)(uid=*", "*", "%", "%%", "joe@x.example\n", "new\nline@x.example",
           "a;b -- c@x.example", "`tick`@x.example", b"not\xffutf8@x.example", "x" * 3000]
KEYS = ["joe@x.example", "JOE@X.Example", "two@x.example", "empty@x.example", "null@x.example", "nobody@x.example", "joe",
        "@x.example", "joe@", "a@b@x.example", "joe@sub.x.example", "x.example", *HOSTILE]
ROWS = [("joe@x.example", "joe", "v1"), ("two@x.example", "b@y.example", "c@Z.Example"),
        ("two@x.example", "d", None), ("empty@x.example", "", ""), ("null@x.example", None, None),
        ("a@b@x.example", "at", ""),
        ("joe", "short", "@x"), ("@x.example", "all", "x@"), ("jürgen@x.example", "jürgen.österreich", "ü"),
        *((key, "hostile " + str(number), "x") for number, key in enumerate(HOSTILE[:10]))]
TEMPLATES = [
    "query = SELECT goto FROM aliases WHERE address = '%s' ORDER BY goto",
    "query = SELECT goto, other FROM aliases WHERE address = '%s' ORDER BY goto",
    "query = SELECT '%u|%d'", "query = SELECT '%U.%D.%S'", "query = SELECT '%2.%1'", "query = SELECT '%%%1'",
    "query = SELECT 'fixed'",
    "query = SELECT goto FROM aliases WHERE address = '%s' ORDER BY goto\nresult_format = smtp:[%s]",
    "query = SELECT goto FROM aliases WHERE address = '%s' ORDER BY goto\nresult_format = %u at %d",
    "query = SELECT goto FROM aliases WHERE address = '%s' ORDER BY goto\nresult_format = %S=%s %U %D %1%%",
    "query = SELECT goto FROM aliases WHERE address = '%s' ORDER BY goto\nresult_format = %3%s",
    "query = SELECT goto FROM aliases WHERE address = '%s' ORDER BY goto\ndomain = x.example, !q.example",
    "query = SELECT goto FROM aliases WHERE address = '%s' ORDER BY goto\ndomain = !x.example static:any",
    "query = SELECT goto FROM aliases WHERE address = '%s' ORDER BY goto\nexpansion_limit = 1",
    "select_field = goto\ntable = aliases\nwhere_field = address\nadditional_conditions = AND goto <> 'b@y.example'",
    "query = SELECT nonsense FROM nowhere", "query = SELECT '%x'", "expansion_limit = 0",
    "query = SELECT 1\nexpansion_limit = many",
]


def fill(server):
    server.run("CREATE TABLE aliases (address VARCHAR(4000), goto VARCHAR(200), other VARCHAR(200))")

    def quoted(text):
        return "NULL" if text is None else "'" + text.replace("'", "''") + "'"

    for row in ROWS:
        values = ", ".join(quoted(text) for text in row)
        if server.engine == "mysql":
            values = values.replace("\\", "\\\\")
        server.run(f"INSERT INTO aliases VALUES ({values})")


def same(postmap, table, keys=tuple(KEYS)):
    """One by one only what cannot be asked in one run, or fails there."""
    lines = [key for key in keys if isinstance(key, bytes) or "\n" not in key]
    ours, theirs = postmap.all_told(lines, table)
    assert ours == theirs, f"{table}: ours {ours}, theirs {theirs}"
    alone = keys[:2] if ours is None else [key for key in keys if key not in lines]
    for key, ours, theirs in postmap.both(alone, table):
        assert ours == theirs, f"{table} {key!r}: ours {ours}, theirs {theirs}"


def same_in_all(postmap, kind, texts, keys=tuple(KEYS)):
    """A table for each text, side by side: Debian's postmap waits a second before it says that it fails."""
    tables = [f"{kind}:{postmap.file(f'{kind}{number}.cf', text)}" for number, text in enumerate(texts)]
    with ThreadPoolExecutor(8) as several:
        wrong = [error for error in several.map(lambda table: _difference(postmap, table, keys), tables) if error]
    assert not wrong, "\n".join(wrong)


def _difference(postmap, table, keys):
    try:
        same(postmap, table, keys)
    except AssertionError as error:
        return f"{Path(table.partition(':')[2]).read_text()}{error}"
    return None


@pytest.fixture(scope="module")
def postmap(module_scratch):
    return Postmap(module_scratch / "postmap")


@pytest.fixture(scope="module")
def postgresql(module_scratch):
    server = Postgresql(module_scratch / "pg").start()
    server.make_database()
    fill(server)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def mariadb(module_scratch):
    server = Mariadb(module_scratch / "maria").start()
    server.make_database()
    fill(server)
    yield server
    server.stop()


def sql_lines(server, **more):
    keys = {"hosts": f"127.0.0.1:{server.port}", "user": USER, "password": PASSWORD, "dbname": DATABASE, **more}
    return "".join(f"{name} = {text}\n" for name, text in keys.items())


def test_sqlite(postmap, tmp_path):
    path = tmp_path / "tables.db"

    class Sqlite:
        engine = "sqlite"

        @staticmethod
        def run(statements):
            with sqlite3.connect(path) as connection:
                connection.execute(statements)
            connection.close()

    fill(Sqlite)
    same_in_all(postmap, "sqlite", [f"dbpath = {path}\n{template}\n" for template in TEMPLATES])


def test_pgsql(postmap, postgresql):
    same_in_all(postmap, "pgsql", [f"{sql_lines(postgresql)}{template}\n" for template in TEMPLATES])
    # Postfix 3.7 asks in Latin-1, so this key it cannot find.
    table = f"pgsql:{postmap.file('utf8.cf', sql_lines(postgresql) + TEMPLATES[0] + chr(10))}"
    assert postmap.ours("jürgen@x.example", table) == value("jürgen.österreich")


def test_mysql(postmap, mariadb):
    same_in_all(postmap, "mysql", [f"{sql_lines(mariadb)}{template}\n" for template in TEMPLATES])


def test_mysql_in_double_quotes(postmap, mariadb):
    template = "query = SELECT goto FROM aliases WHERE address = \"%s\" ORDER BY goto\n"
    same(postmap, f"mysql:{postmap.file('mysql.cf', sql_lines(mariadb) + template)}")


def test_mysql_procedures_and_result_sets(postmap, mariadb):
    mariadb.run("CREATE PROCEDURE told(IN a VARCHAR(200)) SELECT goto FROM aliases WHERE address = a ORDER BY goto")
    mariadb.run("CREATE PROCEDURE silent(IN a VARCHAR(200)) SET @x = a")
    for more in ("query = CALL told('%s')", "query = CALL silent('%s')",
                 "query = CALL silent('%s')\nrequire_result_set = no"):
        table = f"mysql:{postmap.file('mysql.cf', sql_lines(mariadb) + more + chr(10))}"
        same(postmap, table, ["joe@x.example", "two@x.example", "nobody@x.example"])


def test_mysql_by_option_file_and_socket(postmap, mariadb):
    options = postmap.file("my.cnf", f"[client]\nuser = {USER}\n[mail]\npassword = \"{PASSWORD}\"\n")
    table = postmap.file("mysql.cf", f"hosts = unix:{mariadb.socket}\ndbname = {DATABASE}\noption_file = {options}\n"
                                     f"option_group = mail\n{TEMPLATES[0]}\n")
    # Postfix 3.7 sends the empty password of the table's own file.
    assert postmap.ours("joe@x.example", f"mysql:{table}") == value("joe")
    assert postmap.ours("nobody@x.example", f"mysql:{table}") == NONE
    options.write_text(f"[client]\nsocket = {mariadb.socket}\n")
    lines = sql_lines(mariadb, hosts="localhost", option_file=options) + TEMPLATES[0] + "\n"
    same(postmap, f"mysql:{postmap.file('mysql.cf', lines)}", ["joe@x.example", "nobody@x.example"])


def test_pgsql_functions_and_uris(postmap, postgresql):
    postgresql.run("CREATE FUNCTION told(text) RETURNS SETOF text AS "
                   "'SELECT goto FROM aliases WHERE address = $1 ORDER BY goto' LANGUAGE sql")
    table = f"pgsql:{postmap.file('pgsql.cf', sql_lines(postgresql) + 'select_function = told' + chr(10))}"
    same(postmap, table, ["joe@x.example", "two@x.example", "nobody@x.example"])
    password = PASSWORD.replace(" ", "%20").replace("'", "%27")
    uri = f"postgresql://{USER}:{password}@127.0.0.1:{postgresql.port}/{DATABASE}"
    table = f"pgsql:{postmap.file('pgsql.cf', f'hosts = {uri}{chr(10)}dbname = unused{chr(10)}{TEMPLATES[0]}{chr(10)}')}"
    same(postmap, table, ["joe@x.example", "two@x.example", "nobody@x.example"])
    assert postmap.ours("joe@x.example", table) == value("joe")


@pytest.mark.parametrize("engine", ["pgsql", "mysql"])
def test_databases_in_trouble(postmap, engine, request):
    server = request.getfixturevalue({"pgsql": "postgresql", "mysql": "mariadb"}[engine])
    gone = f"127.0.0.1:{free_port()}"

    def table(**more):
        lines = sql_lines(server, **{"connect_timeout": 1, "timeout": 2, **more})
        return f"{engine}:{postmap.file('trouble.cf', lines + TEMPLATES[0] + chr(10))}"

    away = postmap.ours("joe@x.example", table(hosts=gone))
    assert away.kind == "error" and gone.split(":")[1] in away.said and away.seconds < 10
    assert postmap.ours("joe@x.example", table(hosts=f"{gone} 127.0.0.1:{server.port}")) == value("joe")
    refused = postmap.ours("joe@x.example", table(password="not the right one"))
    assert refused.kind == "error" and "not the right one" not in refused.said
    bare = postmap.file("bare.cf", sql_lines(server) + "query = SELECT goto FROM aliases WHERE length(goto) = %s\n")
    assert postmap.ours("1", f"{engine}:{bare}") == value("d")
    assert postmap.ours("1 OR 1=1", f"{engine}:{bare}") == NONE
    server.freeze()
    try:
        slow = postmap.ours("joe@x.example", table())
    finally:
        server.thaw()
    assert slow.kind == "error" and slow.seconds < 10


def test_tables_in_main_cf(tmp_path, mariadb):
    lines = "".join(f"users_{line}\n" for line in sql_lines(mariadb).splitlines())
    both = Postmap(tmp_path, lines + "users_query = SELECT '$myhostname', goto FROM aliases WHERE address = '%s'\n")
    same(both, "mysql:users", ["joe@x.example", "nobody@x.example"])
    for table in ("mysql:users", "proxy:mysql:users"):
        assert both.ours("joe@x.example", table) == value("mail.postern.example,joe")
    assert "main.cf" in both.ours("joe", "mysql:nothing").said


@pytest.mark.parametrize("program", ["smtpd", "qmgr", "smtp", "local", "anvil", "masterd"])
def test_client_libraries_are_not_carried_by_programs_that_name_no_such_table(program):
    told = subprocess.run(["ldd", BINARIES / program], capture_output=True, text=True, timeout=30, check=True).stdout
    assert not [name for name in ("libpq", "libmariadb", "libldap", "libsqlite3") if name in told], told


def tcp_reply(request):
    key = request.decode().removeprefix("get ").rstrip("\n")
    return {"joe@x.example": b"200 a%20b%41\n", "spaces": b"200  two  w \n", "later": b"400 come later\n", "short": b"200\n",
            "other": b"300 x\n", "percent": b"200 %4\n", "long": b"200 " + b"x" * 5000 + b"\n", "two": b"200 a\n200 b\n",
            "JOE%20%25%C3%BC": b"200 encoded\n"}.get(key, b"500 no\n")


def test_tcp(postmap):
    server = TableServer(tcp_reply)
    table = f"tcp:127.0.0.1:{server.port}"
    same(postmap, table, ["joe@x.example", "spaces", "later", "short", "other", "percent", "nobody", "JOE %ü"])
    assert "come later" in postmap.ours("later", table).said
    for key in ("long", "two"):
        assert postmap.ours(key, table).kind == "error"
    server.stop()
    assert postmap.ours("joe", table).kind == "error"
    assert postmap.ours("joe", "tcp:nowhere").kind == "error"


def socketmap_reply(request):
    name, _, key = request.partition(b" ")
    assert name == b"users"
    return {b"joe": netstring(b"OK a b  c"), b"empty": netstring(b"OK "), b"none": netstring(b"NOTFOUND "),
            b"temp": netstring(b"TEMP come later"), b"timeout": netstring(b"TIMEOUT x"), b"perm": netstring(b"PERM x"),
            b"other": netstring(b"FOO x"), b"broken": b"7:OK abcd;", b"long": b"100001:OK " + b"x" * 99998 + b",",
            b"most": netstring(b"OK " + b"x" * 99997)}.get(key, netstring(b"NOTFOUND "))


def test_socketmap(postmap):
    server = TableServer(socketmap_reply, take_netstring)
    table = f"socketmap:inet:127.0.0.1:{server.port}:users"
    same(postmap, table, ["joe", "empty", "none", "temp", "timeout", "perm", "other", "broken", "long", "most", "JOE"])
    assert "come later" in postmap.ours("temp", table).said
    server.stop()
    assert postmap.ours("joe", table).kind == "error"


@pytest.fixture
def memcached():
    server = Memcached().start()
    yield server
    server.stop()


def test_memcache(postmap, memcached):
    backup = postmap.file("backup.cf", "joe@x.example value one\nlong " + "x" * 200 + "\n")
    lines = f"memcache = inet:127.0.0.1:{memcached.port}\nbackup = texthash:{backup}\ntimeout = 1\nretry_pause = 1\n"
    for more in ("", "key_format = aliases:%s\n", "key_format = %d:%u\n", "domain = x.example\n"):
        table = f"memcache:{postmap.file('memcache.cf', lines + more)}"
        for _ in range(2):  # from the backup, then from the cache
            same(postmap, table, ["joe@x.example", "JOE@x.example", "nobody@x.example", "long", "a b", "x" * 300])
    table = f"memcache:{postmap.file('memcache.cf', lines)}"
    # What is longer than it may be is told by the backup; Postfix 3.7 says that there is no such key.
    short = f"memcache:{postmap.file('memcache.cf', lines + 'data_size_limit = 50' + chr(10))}"
    assert postmap.ours("long", short) == value("x" * 200)
    table = f"memcache:{postmap.file('memcache.cf', lines)}"
    backup.write_text("joe@x.example changed\n")
    assert postmap.ours("joe@x.example", table) == value("value one")
    memcached.stop()
    assert postmap.ours("joe@x.example", table) == value("changed")
    table = f"memcache:{postmap.file('memcache.cf', lines.replace('backup', '# backup'))}"
    assert postmap.ours("joe@x.example", table).kind == "error"


@pytest.fixture
def redis(tmp_path):
    server = Redis(tmp_path / "redis").start()
    yield server
    server.stop()


def test_redis(postmap, redis):
    redis.run("SET", "joe@x.example", "value one")
    redis.run("SET", "aliases:joe@x.example", "prefixed", db=3)
    redis.run("HSET", "aliases", "joe@x.example", "of the hash")
    redis.run("HSET", "user:joe", "maildrop", "j@y.example")
    redis.run("ACL", "SETUSER", "mail", "on", ">mail's", "~*", "+get", "+select")
    redis.run("SET", "big", "x" * 20000)
    for key in HOSTILE[:10]:
        redis.run("SET", key, "hostile")

    def table(*lines, password=redis.password, where=f"port = {redis.port}"):
        text = "\n".join([where, f"password = {password}", "timeout = 1", *lines, ""])
        return f"redis:{postmap.file('redis.cf', text)}"

    asked = {
        (): {"joe@x.example": value("value one"), "JOE@X.EXAMPLE": value("value one"), "nobody": NONE,
             **{key: value("hostile") for key in HOSTILE[:10]}},
        ("key_format = aliases:%s", "db = 3"): {"joe@x.example": value("prefixed"), "nobody": NONE},
        ("hash = aliases",): {"joe@x.example": value("of the hash"), "nobody": NONE},
        ("key_format = user:%u", "field = maildrop", "result_format = <%u> %D"):
            {"joe@x.example": value("<j> x.example"), "joe": NONE},
        ("domain = y.example",): {"joe@x.example": NONE},
    }
    for lines, wanted in asked.items():
        for key, want in wanted.items():
            assert postmap.ours(key, table(*lines)) == want, (lines, key)
    assert postmap.ours("joe@x.example", table(where=f"socket = {redis.path}")) == value("value one")
    assert postmap.ours("joe@x.example", table("username = mail", password="mail's")) == value("value one")
    assert postmap.ours("joe@x.example", table("hash = aliases", "username = mail", password="mail's")).kind == "error"
    assert postmap.ours("big", table()).kind == "error"
    refused = postmap.ours("joe@x.example", table(password="not the right one"))
    assert refused.kind == "error" and "WRONGPASS" in refused.said and "the right one" not in refused.said
    assert postmap.ours("joe", table("hash = a", "field = b")).kind == "error"
    redis.stop()
    assert postmap.ours("joe@x.example", table()).kind == "error"


def test_redis_over_tls(postmap, tmp_path):
    certificate, key = make_certificate(tmp_path, "redis.example")
    server = Redis(tmp_path / "redis-tls", tls=(certificate, key)).start()
    try:
        server.run("SET", "joe@x.example", "value one")

        def ask(*lines, host="127.0.0.1", port=server.tls_port):
            text = "\n".join([f"host = {host}", f"port = {port}", f"password = {server.password}", "tls = yes", *lines, ""])
            return postmap.ours("joe@x.example", f"redis:{postmap.file('redis-tls.cf', text)}")

        ours = f"tls_CAfile = {certificate}"
        assert ask(ours) == value("value one")
        assert ask(ours, host="localhost") == value("value one")
        for why, lines, where in (("self-signed certificate", [], {}), ("IP address mismatch", [ours], {"host": "127.0.0.2"}),
                                  ("TLS: ", [ours], {"port": server.port}), ("cannot load", ["tls_CAfile = /nowhere"], {}),
                                  ("a socket needs none", [ours, f"socket = {server.path}"], {})):
            answer = ask(*lines, **where)
            assert answer.kind == "error" and why in answer.said, (why, answer)
    finally:
        server.stop()


def test_servers_that_stay_silent(postmap):
    def silent(_request):
        over.wait(120)
        return b""

    over = threading.Event()
    server = TableServer(silent)
    for kind, lines in (("memcache", f"memcache = inet:127.0.0.1:{server.port}\ntimeout = 1\nmax_try = 1\n"),
                        ("redis", f"port = {server.port}\ntimeout = 1\n")):
        answer = postmap.ours("joe", f"{kind}:{postmap.file('silent.cf', lines)}")
        assert answer.kind == "error" and answer.seconds < 30, answer
    over.set()
    server.stop()


PEOPLE = f"ou=People,{SUFFIX}"
GROUPS = f"ou=Groups,{SUFFIX}"


def entry(uid, *attributes, rdn=None, under=PEOPLE):
    return person(uid, "secret", rdn, under) + "".join(line + "\n" for line in attributes) + "\n"


def group(name, *attributes):
    return (f"dn: cn={name},{GROUPS}\nobjectClass: groupOfNames\nobjectClass: extensibleObject\ncn: {name}\n"
            + "".join(line + "\n" for line in attributes) + "\n")


LDIF = "".join([
    entry("joe", "mail: joe@x.example", "description: the man", "description: himself", "o: maildrop-joe"),
    entry("ann", "mail: ann@x.example", "mail: ann@y.example", "o: A@Z.Example"),
    entry("o'hara", "mail: o'hara@x.example"),
    entry("star*", "mail: star*@x.example"),
    entry("(paren)", "mail: (paren)@x.example", rdn="uid=(paren)"),
    entry("back", "mail: back\\slash@x.example"),
    entry("jürgen", "mail: juergen@x.example"),
    entry("none"),
    group("pair", f"member: uid=joe,{PEOPLE}", f"member: uid=ann,{PEOPLE}", "mail: pair@x.example"),
    group("nested", f"member: cn=pair,{GROUPS}", f"member: uid=none,{PEOPLE}", "mail: nested@x.example"),
    group("loop", f"member: cn=loop,{GROUPS}", "mail: loop@x.example"),
    group("gone", f"member: uid=nobody,{PEOPLE}", f"member: uid=joe,{PEOPLE}", "mail: gone@x.example"),
    group("own", f"member: uid=joe,{PEOPLE}", "mail: own@x.example", "o: takes-all"),
    group("url", f"member: uid=none,{PEOPLE}", "mail: url@x.example",
          f"labeledURI: ldap:///{PEOPLE}?mail?one?(uid=ann)", f"labeledURI: ldap:///{PEOPLE}??sub?(uid=joe)",
          f"labeledURI: ldap:///{PEOPLE}?sn?sub?(uid=joe)"),
])
LDAP_KEYS = ["joe", "JOE", "ann", "joe@x.example", "ann@x.example", "nobody", "none", "@x.example", "joe@", "pair", "nested",
             "gone", "own", "url", "o'hara@x.example", "star*@x.example", "(paren)@x.example",
             "back\\slash@x.example", "jürgen",
             "*", "j*", "*)(uid=*", "joe)(|(uid=*", "\\2a", "pair,ou=groups", "joe\n", b"not\xffutf8", "%", "joe@people",
             "x" * 3000]
MEMBERS = "query_filter = (cn=%s)\nspecial_result_attribute = member\n"
LDAP_TABLES = [
    "query_filter = (uid=%s)\nresult_attribute = mail",
    "query_filter = (|(uid=%u)(mail=%s))\nresult_attribute = mail, description",
    "query_filter = (uid=%s)\nresult_attribute = mail\nresult_format = <%s>",
    "query_filter = (uid=%u)\nresult_attribute = mail\nresult_format = %u at %d for %S",
    "query_filter = (uid=%u)\nresult_attribute = mail\nresult_filter = %2:%s",
    "query_filter = (mail=%s)\nresult_attribute = uid\ndomain = x.example",
    "query_filter = (uid=%s)\nresult_attribute = nonsense, mail",
    "query_filter = (uid=%s)\nresult_attribute = MAIL",
    "query_filter = (uid=%s)\nresult_attribute =",
    "query_filter = (uid=%s)",
    "query_filter = (uid=%s)\nresult_attribute = mail\nexpansion_limit = 1",
    "query_filter = (objectClass=inetOrgPerson)\nresult_attribute = uid\nsize_limit = 2",
    "query_filter = (uid=%u)\nresult_attribute = mail\nscope = base",
    "query_filter = (uid=%u)\nresult_attribute = mail\nscope = one",
    "query_filter = (broken\nresult_attribute = mail",
    MEMBERS + "result_attribute = mail",
    MEMBERS + "result_attribute =\nleaf_result_attribute = mail",
    MEMBERS + "result_attribute = cn\nleaf_result_attribute = mail\nterminal_result_attribute = o",
    MEMBERS + "result_attribute = mail\nrecursion_limit = 2",
    MEMBERS + "result_attribute = mail\nexpansion_limit = 3",
    "query_filter = (cn=%s)\nresult_attribute =\nleaf_result_attribute = mail\n"
    "special_result_attribute = labeledURI, member",
    "query_filter = (uid=%s)\nresult_attribute = mail\nbind = no",
    "query_filter = (uid=%s)\nresult_attribute = mail\nbind = simple\nversion = 2",
    f"query_filter = (uid=%s)\nresult_attribute = mail\nbind = yes\nbind_dn = {ADMIN}\nbind_pw = {ADMIN_PASSWORD}",
    f"query_filter = (uid=%s)\nresult_attribute = mail\nbind = yes\nbind_dn = {ADMIN}\nbind_pw = wrong",
    "query_filter = (uid=%x)\nresult_attribute = mail",
]
BASES = [(f"search_base = ou=%u,{SUFFIX}\nquery_filter = (uid=joe)\nresult_attribute = mail",
          ["people", "joe@people", "x,ou=people"]),
         (f"search_base = ou=%d,{SUFFIX}\nquery_filter = (uid=%u)\nresult_attribute = mail",
          ["joe@people", "joe", "joe@a,ou=people"])]


@pytest.fixture(scope="module")
def slapd(module_scratch):
    server = Slapd(module_scratch / "slapd", LDIF, make_certificate(module_scratch)).start()
    yield server
    server.stop()


def ldap_lines(server, **more):
    return "".join(f"{name} = {text}\n" for name, text in
                   {"server_host": server.uri.rstrip("/"), "search_base": SUFFIX, "timeout": 2, **more}.items())


def test_ldap(postmap, slapd):
    same_in_all(postmap, "ldap", [f"{ldap_lines(slapd)}{lines}\n" for lines in LDAP_TABLES], LDAP_KEYS)


@pytest.mark.parametrize(("lines", "keys"), BASES)
def test_ldap_search_bases(postmap, slapd, lines, keys):
    same(postmap, f"ldap:{postmap.file('ldap.cf', ldap_lines(slapd) + lines + chr(10))}", keys)


def test_ldap_files_that_cannot_be_meant(postmap, slapd):
    for line, said in (("scope = all", "none of base, one, sub"), ("bind = maybe", "none of"), ("version = 7", "2 to 3"),
                       ("timeout = soon", "no number"), ("server_host = http://x", "neither a host nor a URI")):
        path = postmap.file("ldap.cf", "search_base = o=x\n" + line + "\n")
        answer = postmap.ours("joe", f"ldap:{path}")
        assert answer.kind == "error" and f"{path}:2: " in answer.said and said in answer.said, answer


def test_ldap_loops_end(postmap, slapd):
    table = f"ldap:{postmap.file('ldap.cf', ldap_lines(slapd) + MEMBERS + 'result_attribute = mail' + chr(10))}"
    assert postmap.ours("loop", table).kind == postmap.theirs("loop", table).kind == "error"


def test_ldap_over_tls(postmap, slapd):
    certificate = slapd.directory.parent / "localhost.cert.pem"
    what = "query_filter = (uid=%s)\nresult_attribute = mail\n"
    for more in ({"start_tls": "yes"}, {"server_host": slapd.tls_uri}):
        for trust in ({"tls_require_cert": "no"}, {"tls_require_cert": "yes", "tls_ca_cert_file": certificate}):
            table = f"ldap:{postmap.file('ldap.cf', ldap_lines(slapd, **more, **trust) + what)}"
            assert postmap.ours("joe", table) == postmap.theirs("joe", table) == value("joe@x.example")
        table = f"ldap:{postmap.file('ldap.cf', ldap_lines(slapd, tls_require_cert='yes', **more) + what)}"
        assert postmap.ours("joe", table).kind == postmap.theirs("joe", table).kind == "error"


def test_ldap_in_main_cf(tmp_path, slapd):
    lines = "".join(f"people_{line}\n" for line in ldap_lines(slapd).splitlines())
    both = Postmap(tmp_path, lines + "people_query_filter = (uid=%s)\npeople_result_attribute = mail\n")
    same(both, "ldap:people", ["joe", "nobody"])
    assert both.ours("joe", "ldap:people") == value("joe@x.example")


def test_ldap_servers_in_trouble(postmap, slapd):
    gone = f"ldap://127.0.0.1:{free_port()}"
    what = "query_filter = (uid=%s)\nresult_attribute = mail\n"

    def table(**more):
        return f"ldap:{postmap.file('ldap.cf', ldap_lines(slapd, **more) + what)}"

    away = postmap.ours("joe", table(server_host=gone))
    assert away.kind == "error" and gone in away.said
    assert postmap.ours("joe", table(server_host=f"{gone} {slapd.uri}")) == value("joe@x.example")
    assert postmap.ours("joe", table(server_host=f"127.0.0.1:{slapd.port}")) == value("joe@x.example")
    refused = postmap.ours("joe", table(bind_dn=ADMIN, bind_pw="not the right one"))
    assert refused.kind == "error" and "not the right one" not in refused.said
    slapd.freeze()
    try:
        slow = postmap.ours("joe", table())
    finally:
        slapd.thaw()
    assert slow.kind == "error" and slow.seconds < 8
