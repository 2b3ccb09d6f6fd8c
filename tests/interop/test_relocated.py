"""relocated_maps: mail for who has moved goes back with the new address, as from Debian's Postfix."""

import re

import pytest
from harness.raw_smtp import RawSmtp
from harness.twins import Twins
from harness.waiting import wait_until

MAIN_CF = {"virtual_alias_maps": "texthash:{dir}/alias", "relocated_maps": "texthash:{dir}/moved",
           "mydestination": "dest.example", "local_recipient_maps": "", "recipient_delimiter": "+"}
FILES = {"alias": "a@dest.example gone@dest.example\nb@dest.example far@away.example\n",
         "moved": "gone@dest.example new@place.example\nfar@away.example far@elsewhere.example\n"
                  "left told us nothing\n@moved.example the other side of town\n"}
MOVED = {"a@dest.example": "new@place.example", "b@dest.example": "far@elsewhere.example",
         "gone+ext@dest.example": "new@place.example", "left@dest.example": "told us nothing",
         "anybody@moved.example": "the other side of town"}


@pytest.fixture(scope="module", params=["yes", "no"])
def pair(module_scratch, request):
    twins = Twins(module_scratch / request.param, MAIN_CF | {"smtpd_reject_unlisted_recipient": request.param}, FILES)
    twins.listed = request.param == "yes"
    yield twins
    twins.stop()


@pytest.mark.parametrize("address", MOVED)
def test_the_sender_is_told_where_to(pair, address):
    replies = []
    for side in (pair.postfix, pair.postern):
        with RawSmtp(side.port) as client:
            client.ehlo()
            client.command("MAIL FROM:<s@sender.example>")
            replies.append(client.command(f"RCPT TO:<{address}>"))
            if replies[-1].code == 250:
                assert client.data("Subject: x\r\n\r\nhello\r\n").code == 250
                bounced = rf"to=<(\S+)>, .*dsn=5\.1\.6,.* status=bounced \(User has moved to {re.escape(MOVED[address])}\)"
                wait_until(lambda side=side, bounced=bounced: re.search(bounced, side.log()), f"the bounce of {address}")
    assert replies[0].text == replies[1].text
    is_alias = address in ("a@dest.example", "b@dest.example")
    assert replies[0].code == (550 if pair.listed and not is_alias else 250)
