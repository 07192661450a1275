"""A check reads only the snapshot: while one runs, no socket connects."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from claimbook.errors import ClaimbookError


class OfflineError(ClaimbookError):
    """A check reached for the network."""


@contextmanager
def offline(check_id: str) -> Iterator[None]:
    """Refuse every connection while a check runs; pipes and the kernel's channels stay."""

    def refuse(*_: Any, **__: Any) -> None:
        raise OfflineError(
            f"The check {check_id} reaches for the network: a check reads only the snapshot. "
            "Add the series to the claim file and read it with `wdi[CODE]`."
        )

    with (
        mock.patch.object(socket.socket, "connect", refuse),
        mock.patch.object(socket.socket, "connect_ex", refuse),
        mock.patch.object(socket, "getaddrinfo", refuse),
    ):
        yield
