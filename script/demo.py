"""Walks through one message of a traveller; script/demo builds and starts this."""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from harness import clients, postfix, processes  # noqa: E402
from harness.certificates import make_certificate  # noqa: E402
from harness.ports import free_port  # noqa: E402
from harness.sink_mta import SinkMta  # noqa: E402
from harness.waiting import accepts_connections, wait_for_port, wait_until  # noqa: E402

POSTERN = str(ROOT / "build/release/bin/postern")
PASSWORD = "correct horse battery"
SENDER, RECIPIENT = "joe@example.org", "anna@dest.example"
SUBMISSION = 2587  # where Postern's own defaults listen for users


class NextHop:
    """A real second MTA: Debian's Postfix when this runs as root (it starts no other way), else a small one in Python."""

    def __init__(self, directory):
        self.directory = directory
        self.port = free_port()
        if os.geteuid() == 0:
            directory.mkdir()
            self.name = "Debian's Postfix"
            self.server = postfix.maildir_next_hop(directory, self.port, ["dest.example"], make_certificate(directory))
            self.server.start(self.port)
        else:
            self.name = "a small recording MTA (run as root to see Debian's Postfix here)"
            self.server = SinkMta(port=self.port).start()

    def messages(self):
        if isinstance(self.server, SinkMta):
            return [message.content.decode(errors="replace") for message in self.server.messages]
        return postfix.maildir_messages(self.directory)

    def stop(self):
        self.server.stop()


class Demo:
    def __init__(self, scratch):
        self.scratch = scratch
        self.home = scratch / "postern"
        self.log = scratch / "postern.log"
        self.step = 0
        self.server = None

    def say(self, words):
        self.step += 1
        print(f"\n{self.step}. {words}", flush=True)

    def show(self, text):
        for line in text.strip().splitlines():
            print(f"     {line}")

    def must(self, good, words):
        print(f"   {'yes' if good else 'NO'}: {words}", flush=True)
        if not good:
            raise AssertionError(words)

    def cli(self, *words, stdin=None):
        done = subprocess.run([POSTERN, *words, "--dir", str(self.home)], input=stdin, capture_output=True, text=True,
                              timeout=60, check=False)
        self.show(done.stdout + done.stderr)
        self.must(done.returncode == 0, f"postern {' '.join(words)}")

    def start(self, next_hop):
        self.say(f"Start the second MTA, {next_hop.name}, on port {next_hop.port}; it takes mail for dest.example")
        self.say("Make Postern's private directory: postern init --dir DIR (certificate and safe defaults)")
        self.cli("init")
        with open(self.home / "etc/main.cf", "a", encoding="utf-8") as main_cf:
            main_cf.write(f"\n# the demo's next hop\nrelayhost = [127.0.0.1]:{next_hop.port}\n")
        self.say("Add a user: postern user add joe --password-stdin")
        self.cli("user", "add", "joe", "--password-stdin", stdin=PASSWORD + "\n")
        self.say(f"Start Postern: postern up --dir DIR; users come in on port {SUBMISSION}")
        with open(self.log, "ab") as log:
            self.server = subprocess.Popen([POSTERN, "up", "--dir", str(self.home)], stdin=subprocess.DEVNULL,
                                           stdout=log, stderr=log)
        wait_for_port(SUBMISSION, self.server)
        self.must(True, "it listens")

    def send(self, next_hop):
        self.say("A stranger (swaks, TLS, no login) tries to send through it")
        status, output = clients.swaks(SUBMISSION, SENDER, RECIPIENT, "from a stranger")
        self.show("\n".join(line for line in output.splitlines() if line.startswith("<~*") or "** 5" in line))
        self.must(status != 0, "the stranger is refused")
        self.say("Joe with a wrong password")
        status, output = clients.swaks(SUBMISSION, SENDER, RECIPIENT, "wrong password", "joe", "guess")
        self.show("\n".join(line for line in output.splitlines() if line.startswith("<~*")))
        self.must(status != 0 and "535" in output, "the login is refused")
        self.say(f"Joe (swaks, STARTTLS, AUTH PLAIN) sends to {RECIPIENT}, calling himself {clients.HELO}")
        status, output = clients.swaks(SUBMISSION, SENDER, RECIPIENT, "greetings from the train", "joe", PASSWORD)
        self.show("\n".join(line for line in output.splitlines() if "queued" in line))
        self.must(status == 0, "Postern takes the message")
        self.say("Wait for it at the second MTA")
        messages = wait_until(next_hop.messages, "the message at the second MTA", 30)
        header = messages[0].replace("\r\n", "\n").split("\n\n")[0]
        self.show(header)
        self.must(len(messages) == 1, "one message arrived, Joe's")
        self.must(clients.HELO not in messages[0], "the name of Joe's computer is not in it")
        self.must("from [127.0.0.1] (localhost [127.0.0.1])" in header, "Received: hides where Joe was")

    def stop(self):
        if self.server:
            processes.end(self.server, 30)


def main():
    if accepts_connections(SUBMISSION):
        print(f"Port {SUBMISSION} is taken: another Postern, perhaps a demo, runs here. End it and try again.")
        return 1
    with tempfile.TemporaryDirectory(prefix="postern-demo-") as name:
        scratch = pathlib.Path(name)
        scratch.chmod(0o755)
        demo, next_hop = Demo(scratch), NextHop(scratch / "second-mta")
        try:
            demo.start(next_hop)
            demo.send(next_hop)
        except AssertionError as error:
            print(f"\nThe demo failed: {error}\n--- end of Postern's log:")
            print(demo.log.read_text(errors="replace")[-4000:] if demo.log.exists() else "(none)")
            return 1
        finally:
            demo.stop()
            next_hop.stop()
    print("\nDone: relayed with login, refused without, nothing of the sender's whereabouts in the header.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
