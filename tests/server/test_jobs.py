"""Index jobs: progress, events, cancelling, and what may be indexed."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from sightline.gallery import Gallery
from sightline.server.http.refusals import JobRunningError, NotReadyError
from sightline.server.jobs import Jobs, JobState, Work, job_events
from sightline.testing import FakeEncoder
from tests.conftest import paint
from tests.server.conftest import API, names, served_gallery


class GatedEncoder(FakeEncoder):
    """Lets pictures through only while the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.reached = threading.Event()

    def prepare(self, image: Any) -> Any:  # noqa: ANN401
        if not self.gate.is_set():
            self.reached.set()
            assert self.gate.wait(60), "nobody opened the gate"
        return super().prepare(image)


@pytest.fixture
def encoder() -> GatedEncoder:
    return GatedEncoder()


@pytest.fixture
def gated(tmp_path: Path, photos: Path, encoder: GatedEncoder) -> Iterator[Gallery]:
    with Gallery.open(tmp_path / "gated", model=encoder) as opened:
        opened.sync([photos])
        yield opened
        encoder.gate.set()


@pytest.fixture
def more(tmp_path: Path) -> Path:
    for shade in range(20):
        paint(tmp_path / "more" / f"{shade}.png", (shade * 10, 255, 0))
    return tmp_path / "more"


def start(client: TestClient, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = client.post(f"{API}/jobs/index", json=asked)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{API}/jobs/{job['id']}"
    return job


def events_of(client: TestClient, id: str) -> list[tuple[str, dict[str, Any], int]]:
    """Return every event of a job until its stream ends: name, job and id."""
    with client.stream("GET", f"{API}/jobs/{id}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = "".join(answer.iter_text())
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"]), int(fields["id"])))
    return found


def test_a_job_indexes_a_folder_and_reports(client: TestClient, more: Path) -> None:
    (more / "broken.png").write_bytes(b"no picture")
    job = start(client, paths=[str(more)])
    events = events_of(client, job["id"])
    last = client.get(f"{API}/jobs/{job['id']}").json()

    assert (job["state"], job["kind"], job["paths"]) == ("running", "index", [str(more)])
    assert [name for name, _, _ in events][-1] == "end"
    assert events[-1][1] == last
    assert last["state"] == "done"
    assert last["report"]["added"] == 20
    assert last["report"]["skipped_count"] == 1
    assert last["report"]["skipped"][0]["path"] == str(more / "broken.png")
    assert last["ended_at"] >= last["started_at"]
    assert client.get(f"{API}/jobs").json()["jobs"] == [last]
    assert client.get(f"{API}/gallery").json()["images"] == 26
    assert client.get(f"{API}/gallery/faults").json()["count"] == 1


def test_events_are_numbered_upwards(client: TestClient, more: Path) -> None:
    events = events_of(client, start(client, paths=[str(more)])["id"])
    numbers = [number for _, _, number in events]

    assert numbers == sorted(set(numbers))


def test_without_paths_all_that_is_known_is_looked_at_again(
    client: TestClient, photos: Path
) -> None:
    paint(photos / "cyan.png", (0, 255, 255))
    job = start(client)

    assert events_of(client, job["id"])[-1][1]["report"]["added"] == 1


def test_searches_go_on_while_a_job_runs_and_one_runs_at_a_time(
    gated: Gallery, encoder: GatedEncoder, more: Path
) -> None:
    with served_gallery(gated) as client:
        encoder.gate.clear()
        job = start(client, paths=[str(more)])
        assert encoder.reached.wait(60)
        second = client.post(f"{API}/jobs/index", json={"paths": [str(more)]})
        found = client.get(f"{API}/search", params={"q": "red", "k": 1}).json()
        running = client.get(f"{API}/jobs/{job['id']}").json()
        encoder.gate.set()
        end = events_of(client, job["id"])[-1][1]

    assert (second.status_code, second.json()["kind"]) == (409, "JobRunningError")
    assert job["id"] in second.json()["detail"]
    assert names(found) == ["red"]
    assert running["state"] == "running"
    assert end["state"] == "done"


def test_a_cancelled_job_keeps_what_it_committed_and_the_next_goes_on(
    gated: Gallery, encoder: GatedEncoder, more: Path
) -> None:
    with served_gallery(gated) as client:
        encoder.gate.clear()
        job = start(client, paths=[str(more)])
        assert encoder.reached.wait(60)
        asked = client.delete(f"{API}/jobs/{job['id']}")
        encoder.gate.set()
        end = events_of(client, job["id"])[-1][1]
        again = client.delete(f"{API}/jobs/{job['id']}").json()
        left = events_of(client, start(client, paths=[str(more)])["id"])[-1][1]

    assert asked.status_code == 200
    assert end["state"] == "cancelled"
    assert end["report"] is None
    assert again == end, "cancelling what has ended changes nothing"
    assert left["state"] == "done"
    assert len(gated) == 26


def test_a_failed_job_says_why(client: TestClient, photos: Path) -> None:
    for name in ("red", "green", "blue", "yellow"):
        (photos / f"{name}.png").unlink()
    refused = events_of(client, start(client)["id"])[-1][1]
    forced = events_of(client, start(client, force=True)["id"])[-1][1]

    assert refused["state"] == "failed"
    assert refused["error"].startswith("4 of the 6 pictures in this gallery are gone or damaged")
    assert forced["report"]["removed"] == 4


def test_what_nobody_foresaw_fails_the_job_and_not_the_service(
    indexed: Gallery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def burst(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of the machine")

    with served_gallery(indexed) as client:
        with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
            patch.setattr(Gallery, "sync", burst)
            end = events_of(client, start(client)["id"])[-1][1]
        assert client.get(f"{API}/search", params={"q": "red"}).status_code == 200

    assert end["state"] == "failed"
    assert "secret" not in end["error"]
    assert end["error"].rpartition(" ")[2] in caplog.text


@pytest.mark.parametrize("route", ["", "/events"])
def test_an_unknown_job_is_a_problem(client: TestClient, route: str) -> None:
    answer = client.get(f"{API}/jobs/nope{route}")

    assert (answer.status_code, answer.json()["kind"]) == (404, "JobNotFoundError")
    assert client.delete(f"{API}/jobs/nope").status_code == 404


def test_a_job_that_finds_no_thread_stands_in_nobodys_way(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "job":
            raise RuntimeError("can't start new thread")
        begin(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        refused = client.post(f"{API}/jobs/index", json={})
    listed = client.get(f"{API}/jobs").json()["jobs"]
    end = events_of(client, start(client)["id"])[-1][1]

    assert (refused.status_code, refused.json()["kind"]) == (503, "NotReadyError")
    assert "no thread" in refused.json()["detail"]
    assert listed == [], "a job that never ran is none"
    assert end["state"] == "done"


def test_of_the_files_that_a_job_skipped_the_first_fifty_are_kept(
    indexed: Gallery, photos: Path
) -> None:
    for place in range(60):
        (photos / f"bad{place:02}.png").write_bytes(b"no picture")
    jobs = Jobs(indexed)
    id = jobs.start(Work()).id
    jobs.wait()
    report = jobs.get(id).report

    assert report is not None
    assert (len(report.skipped), report.skipped_count) == (50, 60)
    assert report.skipped[0].path == str(photos / "bad00.png")


# What may be indexed


@pytest.mark.parametrize("path", ["photos", "~/Pictures", "a\0b", "/x\0y"])
def test_paths_must_be_absolute(client: TestClient, path: str) -> None:
    answer = client.post(f"{API}/jobs/index", json={"paths": [path]})

    assert answer.status_code == 422
    assert "must be absolute" in answer.json()["detail"]


def test_a_path_that_is_not_there_is_a_problem(client: TestClient, tmp_path: Path) -> None:
    answer = client.post(f"{API}/jobs/index", json={"paths": [str(tmp_path / "nowhere")]})

    assert (answer.status_code, answer.json()["kind"]) == (422, "SourceNotFoundError")


def test_roots_narrow_what_may_be_indexed(indexed: Gallery, tmp_path: Path, photos: Path) -> None:
    (photos / "way-out").symlink_to(tmp_path)
    beside = tmp_path / "photos-of-others"
    beside.mkdir()
    with served_gallery(indexed, index_roots=(photos,)) as client:
        allowed = client.post(f"{API}/jobs/index", json={"paths": [str(photos)]})
        client.app.state.service.jobs.wait()  # type: ignore[attr-defined]
        refused = [
            client.post(f"{API}/jobs/index", json={"paths": [str(path)]})
            for path in (tmp_path, photos / "..", photos / "way-out", beside, "/etc")
        ]

    assert allowed.status_code == 202
    assert {answer.status_code for answer in refused} == {403}
    assert {answer.json()["kind"] for answer in refused} == {"IndexingForbiddenError"}


def test_an_open_service_on_a_network_indexes_only_what_is_known(
    indexed: Gallery, photos: Path
) -> None:
    with served_gallery(indexed, host="0.0.0.0", insecure=True) as client:
        named = client.post(f"{API}/jobs/index", json={"paths": [str(photos)]})
        known = client.post(f"{API}/jobs/index", json={})
        may = client.get(f"{API}/gallery").json()["may_index"]

    assert (named.status_code, known.status_code, may) == (403, 202, False)


# Beneath the routes


def test_nothing_starts_after_the_end(indexed: Gallery) -> None:
    jobs = Jobs(indexed)
    jobs.close()

    with pytest.raises(NotReadyError):
        jobs.start(Work())


def test_the_end_of_the_service_cancels_the_job(
    gated: Gallery, encoder: GatedEncoder, more: Path
) -> None:
    jobs = Jobs(gated)
    encoder.gate.clear()
    job = jobs.start(Work((str(more),)))
    assert encoder.reached.wait(60)
    with pytest.raises(JobRunningError):
        jobs.start(Work())
    jobs.close()
    encoder.gate.set()
    jobs.wait()

    assert jobs.get(job.id).state is JobState.CANCELLED


def test_a_silent_stream_shows_that_it_lives_and_ends_with_the_service(
    gated: Gallery, encoder: GatedEncoder, more: Path
) -> None:
    jobs = Jobs(gated)
    encoder.gate.clear()
    job = jobs.start(Work((str(more),)))
    assert encoder.reached.wait(60)

    async def watch() -> list[bytes]:
        seen: list[bytes] = []
        async for block in job_events(jobs, job.id, heartbeat_s=0.001, between_s=0):
            seen.append(block)
            if block.startswith(b":"):
                jobs.close()
        return seen

    seen = asyncio.run(watch())
    encoder.gate.set()
    jobs.wait()

    assert seen[0].startswith(b"event: progress\n")
    assert b": alive\n\n" in seen
    assert not any(block.startswith(b"event: end") for block in seen)


def test_a_stream_that_nobody_reads_any_longer_listens_no_more(
    gated: Gallery, encoder: GatedEncoder, more: Path
) -> None:
    jobs = Jobs(gated)
    encoder.gate.clear()
    job = jobs.start(Work((str(more),)))
    assert encoder.reached.wait(60)

    async def look() -> int:
        stream = job_events(jobs, job.id)
        await anext(stream)
        listening = len(jobs._listeners)
        await stream.aclose()  # type: ignore[attr-defined]
        return listening

    assert asyncio.run(look()) == 1
    assert not jobs._listeners
    encoder.gate.set()
    jobs.wait()
