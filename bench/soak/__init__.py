"""The soak: a real Dovecot behind a proxy that breaks connections, mail all the while, and a worker that is killed again and again."""
