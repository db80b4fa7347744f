"""How long the worker waits for what. All its times in one place, so that a measurement can run the same code faster."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds.

    `connect`, `read`: until the next byte while connecting, and afterwards. `command`: for one whole command, however slowly its answer
    drips. `farewell`: for the answer to DONE; with `slice` it bounds how long a link can be dead without a sign (290 s).

    `slice`: one IDLE, under five minutes, because routers and servers forget silent connections. `first_slice`: the one after something
    came. `poll`: between looks where the server has no IDLE, or announces nothing. `idle_again`: until one that refused IDLE is asked anew.

    `refresh`: between looks at the list of mailboxes: what `demur connect` adds is read at once. `steady`: a link that lasted this long and
    broke is opened again at once, a younger one after a back-off. `stuck`: a turn without any progress for so long is cut off.
    `grace`: that turns have to end by themselves when the worker is stopped.
    """

    connect: float = 20.0
    read: float = 60.0
    command: float = 300.0
    farewell: float = 20.0
    slice: float = 270.0
    first_slice: float = 2.0
    poll: float = 60.0
    idle_again: float = 3600.0
    refresh: float = 2.0
    steady: float = 30.0
    stuck: float = 600.0
    grace: float = 4.0
    backoff_first: float = 5.0
    backoff_most: float = 900.0


USUAL = Pace()
