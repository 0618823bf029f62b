"""Visitors without a browser: they speak Streamlit's own protocol, so that many of them cost the machine little."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect


async def opening(address: str, cookie: str = "", *, stay: float = 0.0) -> tuple[float, int]:
    """Open a page, stay, and answer what it asks for: seconds until the page was whole, and how often it asked again."""
    parts = urlsplit(address)
    headers = {"Cookie": cookie} if cookie else {}
    began = time.perf_counter()
    async with connect(
        f"ws://{parts.netloc}/_stcore/stream", subprotocols=["streamlit"], additional_headers=headers, max_size=None
    ) as socket:
        await socket.send(_rerun(parts))
        repeats, tasks = {}, []
        page = ""
        while True:
            message = ForwardMsg.FromString(await asyncio.wait_for(socket.recv(), 60))
            if message.WhichOneof("type") == "new_session":
                page = message.new_session.page_script_hash
            elif message.WhichOneof("type") == "auto_rerun":
                repeats[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            elif message.WhichOneof("type") == "script_finished":
                break
        taken = time.perf_counter() - began
        if not stay:
            return taken, 0
        asked = [0]
        tasks = [asyncio.create_task(_ask_again(socket, parts, page, one, every, asked)) for one, every in repeats.items()]
        tasks.append(asyncio.create_task(_listen(socket)))
        await asyncio.sleep(stay)
        for task in tasks:
            task.cancel()
        return taken, asked[0]


def together(number: int, address: str, cookie: str = "", *, stay: float = 0.0) -> list[tuple[float, int]]:
    """So many at the same time; in a thread of their own, for Playwright's loop has the main one."""

    async def all_of_them() -> list[tuple[float, int]]:
        return await asyncio.gather(*(opening(address, cookie, stay=stay) for _ in range(number)))

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, all_of_them()).result()


def _rerun(parts: object, page: str = "", fragment: str = "") -> bytes:
    message = BackMsg()
    state = message.rerun_script
    state.query_string, state.page_name = parts.query, parts.path.strip("/")
    if fragment:
        state.page_script_hash, state.fragment_id, state.is_auto_rerun = page, fragment, True
    return message.SerializeToString()


async def _ask_again(socket: ClientConnection, parts: object, page: str, fragment: str, every: float, asked: list) -> None:
    while True:
        await asyncio.sleep(every)
        asked[0] += 1
        await socket.send(_rerun(parts, page, fragment))


async def _listen(socket: ClientConnection) -> None:
    async for _ in socket:
        pass
