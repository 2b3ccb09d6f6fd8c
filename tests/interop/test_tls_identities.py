"""Which certificate a client gets: RSA and ECDSA together, chain files, a certificate for each server name."""

import subprocess

import pytest
from harness.certificates import make_certificate

ECDSA, RSA = "id-ecPublicKey", "rsaEncryption"


def shown(port, *words, wrapper=True):
    """(common name, key type) of the certificate that openssl s_client gets; None when the handshake fails."""
    start = [] if wrapper else ["-starttls", "smtp"]
    client = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *start, *words], input="quit\r\n",
                            capture_output=True, text=True, timeout=20, check=False)
    if "BEGIN CERTIFICATE" not in client.stdout:
        return None
    text = subprocess.run(["openssl", "x509", "-noout", "-text"], input=client.stdout, capture_output=True, text=True,
                          check=True).stdout
    name = text.split("Subject: CN = ")[1].split("\n")[0]
    return name, ECDSA if f"Public Key Algorithm: {ECDSA}" in text else RSA


@pytest.fixture(scope="module")
def both(module_make, module_scratch):
    """RSA and ECDSA by the parameters of each."""
    rsa, ecdsa = make_certificate(module_scratch, "both", "rsa"), make_certificate(module_scratch, "both")
    return module_make.postern(smtpd_tls_cert_file=rsa[0], smtpd_tls_key_file=rsa[1],
                               smtpd_tls_eccert_file=ecdsa[0], smtpd_tls_eckey_file=ecdsa[1])


@pytest.fixture(scope="module")
def chained(module_make, module_scratch):
    """The same in one chain file each; the ECDSA key as `openssl ecparam -genkey` writes it."""
    files = []
    for kind in ("rsa", "ec"):
        certificate, key = make_certificate(module_scratch, "chained", kind)
        files.append(module_scratch / f"chain.{kind}.pem")
        parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" if kind == "ec" else ""
        files[-1].write_text(parameters + key.read_text() + certificate.read_text())
    return module_make.postern(smtpd_tls_chain_files=", ".join(map(str, files)))


@pytest.mark.parametrize(("words", "want"), [
    (["-tls1_3"], ECDSA),
    (["-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256"], RSA),
    (["-tls1_3", "-sigalgs", "ecdsa_secp256r1_sha256"], ECDSA),
    (["-tls1_2"], ECDSA),
    (["-tls1_2", "-cipher", "aRSA"], RSA),
    (["-tls1_2", "-cipher", "aECDSA"], ECDSA),
], ids=lambda value: " ".join(value) if isinstance(value, list) else None)
@pytest.mark.parametrize("server", ["both", "chained"])
def test_rsa_and_ecdsa_together(request, server, words, want):
    port = request.getfixturevalue(server).smtps
    assert shown(port, *words) == (server, want)


@pytest.fixture(scope="module", params=["inline", "texthash", "hash"])
def named(request, module_make, module_scratch):
    """One certificate for one.example, one for all below many.example; base64 in the table as postmap -F makes it."""
    one, many = make_certificate(module_scratch, "one.example"), make_certificate(module_scratch, "many.example")
    rows = {"one.example": f"{one[1]} {one[0]}", ".many.example": f"{many[1]}, {many[0]}"}
    source = module_scratch / "sni"
    source.write_text("".join(f"{name} {files}\n" for name, files in rows.items()))
    table = f"{request.param}:{source}"
    if request.param == "inline":
        table = "inline:{ " + ", ".join(f"{{ {name} = {files} }}" for name, files in rows.items()) + " }"
    if request.param == "hash":
        etc = module_scratch / "postfix-etc"
        etc.mkdir(exist_ok=True)
        (etc / "main.cf").touch()
        subprocess.run(["postmap", "-c", str(etc), "-F", table], check=True)
    # A client certificate is asked for, so that the authorities are loaded before the sandbox closes, too.
    return module_make.postern(tls_server_sni_maps=table, smtpd_tls_ask_ccert="yes", smtpd_tls_CAfile=one[0])


@pytest.mark.parametrize(("asked", "want"), [
    ("one.example", "one.example"), ("ONE.Example", "one.example"), ("one.example.", "one.example"),
    ("a.many.example", "many.example"), ("b.a.many.example.", "many.example"),
    ("many.example", None), ("two.example", None), ("xone.example", None),
])
def test_a_certificate_for_each_name(named, asked, want):
    default = shown(named.smtps, "-noservername")
    for words, wrapper in ((["-tls1_3"], True), (["-tls1_2"], False)):
        got = shown(named.smtps if wrapper else named.submission, *words, "-servername", asked, wrapper=wrapper)
        assert got == ((want, ECDSA) if want else default)
    plain = asked.lower().removesuffix(".")
    named.wait_log(f" to {plain}: TLSv1.3" if want else f"TLS SNI {plain} from localhost[127.0.0.1] not matched")


def test_a_bad_entry_costs_only_its_own_name(make, scratch):
    good, other = make_certificate(scratch, "good.example"), make_certificate(scratch, "other.example")
    table = (f"inline:{{ {{ good.example = {good[1]} {good[0]} }}, {{ gone.example = {scratch}/nowhere.pem }}, "
             f"{{ mixed.example = {good[1]} {other[0]} }}, {{ turned.example = {good[0]} {good[1]} }} }}")
    server = make.postern(tls_server_sni_maps=table)
    assert shown(server.smtps, "-servername", "good.example") == ("good.example", ECDSA)
    assert shown(server.smtps, "-servername", "gone.example") == shown(server.smtps, "-noservername")
    found = server.cli("check", check=False)
    assert found.returncode == 2
    for name, why in (("gone.example", "No such file"), ("mixed.example", "does not match"),
                      ("turned.example", "must stand before")):
        for text in (found.stdout, server.log_text()):
            assert any(name in line and why in line for line in text.splitlines()), f"{name}: {text}"
