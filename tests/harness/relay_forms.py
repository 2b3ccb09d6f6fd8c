"""Every known way to write a recipient so that a server may send for a stranger."""

OURS = "mail.postern.example"

RECIPIENTS = {
    "plain": "victim@dest.example",
    "quoted": '"victim@dest.example"',
    "quoted at our host": f'"victim@dest.example"@{OURS}',
    "percent": f"victim%dest.example@{OURS}",
    "percent quoted": f'"victim%dest.example"@{OURS}',
    "percent without a host": "victim%dest.example",
    "bang": f"dest.example!victim@{OURS}",
    "bang without a host": "dest.example!victim",
    "bang quoted": f'"dest.example!victim"@{OURS}',
    "source route": f"@{OURS}:victim@dest.example",
    "long source route": f"@{OURS},@other.example:victim@dest.example",
    "source route and percent": f"@{OURS}:victim%dest.example@{OURS}",
    "two at signs": f"victim@dest.example@{OURS}",
    "literal of elsewhere": "victim@[192.0.2.1]",
    "literal of IPv6": "victim@[IPv6:2001:db8::1]",
    "trailing dot": "victim@dest.example.",
    "our name as a suffix": f"victim@evil{OURS}",
    "our name as a label": f"victim@{OURS}.dest.example",
    "our name in the local-part": f"{OURS}@dest.example",
    "backslash": f"victim\\@dest.example@{OURS}",
    "upper case": "VICTIM@DEST.EXAMPLE",
    "NUL-like escape": "victim@dest.example\\0@" + OURS,
    "comment": f"victim@dest.example (@{OURS})",
}
