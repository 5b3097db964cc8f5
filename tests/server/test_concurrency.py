"""Many callers at once: nobody waits for ever, nobody gets another's answer."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sightline import Query
from sightline.gallery import Gallery
from sightline.server.http.refusals import OverloadedError
from sightline.server.search.concurrency import Admission, Admitted
from tests.conftest import COLOURS, paint
from tests.server.conftest import API, names, png, served_gallery

CALLERS = 64


def test_many_search_while_a_job_indexes_and_an_upload_is_found_at_once(
    client: TestClient, indexed: Gallery, tmp_path: Path
) -> None:
    for shade in range(200):
        paint(tmp_path / "more" / f"{shade}.png", (shade, shade, shade))
    wanted = [list(COLOURS)[caller % len(COLOURS)] for caller in range(CALLERS * 3)]

    def search(text: str) -> str:
        answer = client.get(f"{API}/search", params={"q": text, "k": 1})
        assert answer.status_code == 200, answer.text
        return names(answer.json())[0]

    job = client.post(f"{API}/jobs/index", json={"paths": [str(tmp_path / "more")]}).json()
    with ThreadPoolExecutor(CALLERS) as pool:
        found = pool.map(search, wanted)
        uploaded = client.post(f"{API}/images", files={"files": ("cyan.png", png((0, 255, 255)))})
        assert uploaded.status_code == 201, uploaded.text
        assert search("cyan") == "cyan"
        assert list(found) == wanted
    client.app.state.service.jobs.wait()  # type: ignore[attr-defined]

    assert client.get(f"{API}/jobs/{job['id']}").json()["state"] == "done"
    assert len(indexed) == 6 + 200 + 1
    assert indexed.search(Query(texts=["cyan"]), k=1)[0].image.title == "cyan.png"


def test_a_full_queue_sends_away_and_says_when_to_come_back(
    indexed: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, inside = threading.Event(), threading.Semaphore(0)
    find = Gallery.find

    def slowly(gallery: Gallery, *arguments: object, **more: object) -> object:
        inside.release()
        assert opened.wait(60)
        return find(gallery, *arguments, **more)  # type: ignore[arg-type]

    with served_gallery(indexed, search_threads=2, search_queue=4) as client:
        monkeypatch.setattr(Gallery, "find", slowly)
        searching = client.app.state.service.searching  # type: ignore[attr-defined]
        with ThreadPoolExecutor(4) as pool:
            calls = [
                pool.submit(client.get, f"{API}/search", params={"q": "red", "k": k})
                for k in (1, 2, 3, 4)
            ]
            for _ in range(2):
                assert inside.acquire(timeout=60)
            # Which of the other two comes first is open; both are in before the fifth is sent.
            while searching.running + searching.waiting < 4:
                client.get("/healthz")
            refused = client.get(f"{API}/search", params={"q": "red", "k": 5})
            counted = (searching.running, searching.waiting)
            page = client.get(f"{API}/images").status_code
            opened.set()
            answers = [call.result(60) for call in calls]

    assert (refused.status_code, refused.json()["kind"]) == (503, "OverloadedError")
    assert refused.headers["retry-after"] == "1"
    assert counted == (2, 2)
    assert page == 200, "what is no search goes on"
    assert [answer.status_code for answer in answers] == [200] * 4
    assert (searching.running, searching.waiting) == (0, 0)


def test_who_asks_the_same_at_once_costs_one_search(
    indexed: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    find, all_inside = Gallery.find, threading.Barrier(4)

    def slowly(gallery: Gallery, *arguments: object, **more: object) -> object:
        calls.append(arguments)
        with suppress(threading.BrokenBarrierError):
            all_inside.wait(0.5)  # if each searches for itself, all of them come here
        return find(gallery, *arguments, **more)  # type: ignore[arg-type]

    with served_gallery(indexed, search_threads=4) as client, ThreadPoolExecutor(4) as pool:
        monkeypatch.setattr(Gallery, "find", slowly)
        asked = [pool.submit(client.get, f"{API}/search", params={"q": "red"}) for _ in range(4)]
        answers = [call.result(60) for call in asked]

    assert len(calls) == 1
    assert [answer.status_code for answer in answers] == [200] * 4
    assert sorted(answer.json()["cached"] for answer in answers) == [False, True, True, True]
    assert len({json.dumps(answer.json()["hits"]) for answer in answers}) == 1


def test_a_search_that_fails_gives_its_place_back() -> None:
    async def both() -> str:
        admission = Admission(threads=1, places=1)

        def fail(admitted: Admitted) -> str:
            raise OverloadedError(0)

        with pytest.raises(OverloadedError):
            await admission.run(fail)
        return await admission.run(lambda admitted: "answer")

    assert asyncio.run(both()) == "answer"
