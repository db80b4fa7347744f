"""A Dovecot of the test's own: TLS on loopback, any user with one password, mail in Maildirs below a folder."""

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.rig.certificate import write_certificate
from tests.rig.free import free_port, listening, until
from tests.rig.need import program

PASSWORD = "correct-horse"
CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/state
instance_name = rig-{port}
log_path = {home}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
auth_failure_delay = 0
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  service_count = 0
  client_limit = 2000
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 1024
}}
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
disable_plaintext_auth = yes
auth_mechanisms = plain login{mechanisms}
{tokens}passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/home/%u
}}
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u/Maildir
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
  mailbox Archive {{
    auto = create
  }}
}}
mail_max_userip_connections = 300
"""


TOKENS = """passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {home}/oauth2.conf
}}
"""
INTROSPECTION = """
introspection_mode = post
introspection_url = {address}
username_attribute = username
active_attribute = active
active_value = true
"""


@dataclass
class Dovecot:
    """A running server. `port` speaks TLS, `plain_port` plain text and STARTTLS."""

    home: Path
    port: int = field(default_factory=free_port)
    plain_port: int = field(default_factory=free_port)
    delivered: int = 0
    introspection: str = ""
    """Where an identity provider says whether an access token holds; empty where the server takes passwords only."""
    mechanisms: tuple[str, ...] = ("xoauth2", "oauthbearer")

    @property
    def certificate(self) -> Path:
        return self.home / "cert.pem"

    @property
    def _account(self) -> pwd.struct_passwd:
        return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())

    def start(self) -> None:
        """Start and wait until it accepts connections."""
        account = self._account
        config = CONFIG.format(
            home=self.home,
            user=account.pw_name,
            group=grp.getgrgid(account.pw_gid).gr_name,
            uid=account.pw_uid,
            gid=account.pw_gid,
            port=self.port,
            plain_port=self.plain_port,
            password=PASSWORD,
            mechanisms="".join(f" {name}" for name in self.mechanisms) if self.introspection else "",
            tokens=TOKENS.format(home=self.home) if self.introspection else "",
        )
        (self.home / "oauth2.conf").write_text(INTROSPECTION.format(address=self.introspection))
        for folder in ("run", "state", "mail", "home"):
            (self.home / folder).mkdir(exist_ok=True)
        if not self.certificate.exists():
            write_certificate(self.home)
        (self.home / "dovecot.conf").write_text(config)
        self._give_away(self.home)
        self.start_again()

    def start_again(self) -> None:
        """Start as before a `stop`, and wait until it accepts connections."""
        self._run(program("dovecot", "dovecot-imapd"), "-c", str(self.home / "dovecot.conf"))
        until(lambda: listening(self.port) and listening(self.plain_port), 10, "Dovecot's start")

    def _run(self, *command: str) -> None:
        prefix = []
        if os.getuid() == 0:
            prefix = ["setpriv", "--reuid=nobody", f"--regid={self._account.pw_gid}", "--clear-groups"]
        with (self.home / "rig.log").open("ab") as log:  # a pipe would be held open by the daemon
            done = subprocess.run([*prefix, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=20)
        assert done.returncode == 0, (self.home / "rig.log").read_text()

    def _give_away(self, folder: Path) -> None:
        if os.getuid() == 0:
            for path in [folder, *folder.rglob("*")]:
                shutil.chown(path, self._account.pw_uid, self._account.pw_gid)

    def stop(self) -> None:
        """Stop; mail and state stay where they are."""
        self._run(program("doveadm", "dovecot-imapd"), "-c", str(self.home / "dovecot.conf"), "stop")
        until(lambda: not listening(self.port), 10, "Dovecot's stop")

    def kick(self, user: str) -> None:
        """End all of a user's connections with BYE."""
        self._run(program("doveadm", "dovecot-imapd"), "-c", str(self.home / "dovecot.conf"), "kick", user)

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        """Where a folder's mail lies; made when it does not exist."""
        root = self.home / "mail" / user / "Maildir"
        place = root if folder == "INBOX" else root / f".{folder}"
        for name in ("cur", "new", "tmp"):
            (place / name).mkdir(parents=True, exist_ok=True)
        self._give_away(self.home / "mail" / user)
        return place

    def deliver(self, user: str, raw: bytes, folder: str = "INBOX", arrived: datetime | None = None) -> None:
        """Put a mail into a folder as a delivery agent does; `arrived` becomes its INTERNALDATE."""
        place = (
            self.maildir(user, folder)
            if not (self.home / "mail" / user / "Maildir").exists() or folder != "INBOX"
            else self.home / "mail" / user / "Maildir"
        )
        self.delivered += 1
        name = f"{int(time.time())}.M{self.delivered:06d}P{os.getpid()}.rig"
        draft = place / "tmp" / name
        draft.write_bytes(raw)
        if arrived:
            os.utime(draft, (arrived.timestamp(), arrived.timestamp()))
        if os.getuid() == 0:
            os.chown(draft, self._account.pw_uid, self._account.pw_gid)
        draft.rename(place / "new" / name)

    def reset_uidvalidity(self, user: str, folder: str = "INBOX") -> None:
        """Make the server number a folder's mails anew; takes a second, because UIDVALIDITY is a time."""
        time.sleep(1.1)
        for path in self.maildir(user, folder).iterdir():
            if path.name.startswith(("dovecot-uid", "dovecot.index", "dovecot.list.index")):
                path.unlink()


def new_home() -> Path:
    """A fresh folder for one server, outside deep test folders: Unix sockets have short names."""
    home = Path(tempfile.mkdtemp(prefix="demur-dovecot-"))
    home.chmod(0o755)
    return home
