"""What the tests and the benchmarks share: servers in private directories, real and made-up peers, raw SMTP, waiting.

Nothing here touches the machine's own mail system. Each server lives in a directory of its own, listens on loopback
ports that were free a moment ago, and is ended by the id of the process that was started.
"""
