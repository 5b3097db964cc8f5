"""Alive, ready, measured; and how errors of every kind are answered."""

from __future__ import annotations

import errno
import inspect
import logging
import re
import tempfile
import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from sightline import errors
from sightline.gallery import Gallery
from sightline.server.app import create_app
from sightline.server.http import refusals
from sightline.server.http.problems import status_of
from sightline.server.settings import Settings
from sightline.testing import FakeEncoder
from sightline.types import Pixels
from tests.server.conftest import API, png, served_gallery


def test_a_service_is_alive_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
    assert client.head("/healthz").status_code == 200
    assert client.head("/healthz").content == b""


def test_a_service_is_not_ready_while_its_model_loads(tmp_path: Path) -> None:
    loaded = threading.Event()

    class Slow(FakeEncoder):
        def prepare(self, image: Image.Image) -> Pixels:
            assert loaded.wait(60)
            return super().prepare(image)

    with Gallery.open(tmp_path / "slow", model=Slow()) as gallery:
        app = create_app(Settings(), gallery)
        with TestClient(app, base_url="http://127.0.0.1") as client:
            waiting = client.get("/readyz")
            alive = client.get("/healthz").status_code
            loaded.set()
            app.state.service.readiness.wait()
            ready = client.get("/readyz").status_code

    assert (waiting.status_code, waiting.json()["kind"]) == (503, "NotReadyError")
    assert waiting.headers["retry-after"] == "2"
    assert (alive, ready) == (200, 200)


def test_a_service_without_its_model_says_why(tmp_path: Path) -> None:
    failures: list[BaseException] = []
    with Gallery.open(tmp_path / "none", model="no-such-model") as gallery:
        app = create_app(Settings(), gallery, failed=failures.append)
        with TestClient(app, base_url="http://127.0.0.1") as client:
            app.state.service.readiness.wait()
            ready = client.get("/readyz")
            search = client.get(f"{API}/search", params={"q": "red"})

    assert [type(failure) for failure in failures] == [errors.ModelNotFoundError]
    for answer in (ready, search):
        assert (answer.status_code, answer.json()["kind"]) == (503, "ModelNotFoundError")
        assert answer.json()["detail"] == str(failures[0])


def test_a_catalog_that_cannot_be_read_is_not_ready(
    client: TestClient, indexed: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage = errors.GalleryCorruptError(indexed.path, "malformed")

    def change(gallery: Gallery) -> int:
        raise damage

    monkeypatch.setattr(Gallery, "change", property(change))
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["kind"]) == (503, "GalleryCorruptError")
    assert answer.json()["detail"] == str(damage)


def test_a_service_that_starts_deletes_what_a_killed_one_left(indexed: Gallery) -> None:
    kept = indexed.add(png((1, 2, 3)), name="kept.png").image
    lost = kept.path.with_name("0" * 40 + ".png")
    half = kept.path.with_name(f"{kept.path.name}.1-1.unfinished")
    for path in (lost, half):
        path.write_bytes(b"x")

    with served_gallery(indexed):
        pass  # it ends when it has tidied up

    assert [path.exists() for path in (lost, half, kept.path)] == [False, False, True]


def test_a_gallery_that_cannot_be_tidied_up_is_served(
    indexed: Gallery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(gallery: Gallery) -> int:
        raise errors.NotWritableError(gallery.path, "Read-only file system")

    monkeypatch.setattr(Gallery, "tidy", refuse)
    # What other libraries set up in this process must not matter here.
    log = logging.getLogger("sightline.server")
    monkeypatch.setattr(log, "disabled", False)
    monkeypatch.setattr(log, "propagate", True)
    caplog.set_level(logging.WARNING, logger=log.name)
    with served_gallery(indexed) as client:
        assert client.get(f"{API}/search", params={"q": "red"}).status_code == 200

    assert "not tidied up" in caplog.text


def test_no_room_for_a_body_is_not_the_callers_fault(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "write", refuse)
    answer = client.post(f"{API}/search/image", files={"image": ("a.png", png((1, 2, 3)))})

    assert (answer.status_code, answer.json()["kind"]) == (507, "DiskFullError")
    assert tempfile.gettempdir() in answer.json()["detail"]


# Figures


def figure(client: TestClient, name: str) -> float:
    match = re.search(rf"^{re.escape(name)} (.+)$", client.get("/metrics").text, re.MULTILINE)
    assert match is not None, f"{name} is not among the figures"
    return float(match[1])


def test_figures_count_what_happened(client: TestClient) -> None:
    for text in ("red", "red", "blue"):
        client.get(f"{API}/search", params={"q": text})
    client.get(f"{API}/images/999")
    client.get("/nowhere")

    route = f'route="{API}/search"'
    assert figure(client, f'sightline_requests_total{{method="GET",{route},status="200"}}') == 3
    missing = f'route="{API}/images/{{id}}",status="404"'
    assert figure(client, f'sightline_requests_total{{method="GET",{missing}}}') == 1
    assert figure(client, 'sightline_requests_total{method="GET",route="none",status="404"}') == 1
    for step in ("queue", "decode", "embed", "search", "fetch"):
        count = figure(client, f'sightline_search_step_seconds_count{{step="{step}"}}')
        assert count == {"queue": 3}.get(step, 2), step
    assert figure(client, 'sightline_remembered_total{memory="answers",outcome="hit"}') == 1
    assert figure(client, "sightline_gallery_pictures") == 6
    assert figure(client, "sightline_searches_waiting") == 0
    assert figure(client, "process_resident_memory_bytes") > 1e6


def test_callers_cannot_invent_series(client: TestClient) -> None:
    client.request("BREW", "/nowhere")
    client.get("/nowhere/else")

    page = client.get("/metrics").text
    assert 'method="OTHER"' in page
    assert "BREW" not in page
    assert "else" not in page


def test_two_services_count_apart(indexed: Gallery) -> None:
    with served_gallery(indexed) as one, served_gallery(indexed) as other:
        one.get("/healthz")
        name = 'sightline_requests_total{method="GET",route="/healthz",status="200"}'

        assert figure(one, name) == 1
        assert name not in other.get("/metrics").text


def test_the_log_has_paths_and_not_what_people_look_for(
    indexed: Gallery, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "sightline.server.access"):
        with served_gallery(indexed, access_log=True) as client:
            client.get(f"{API}/search", params={"q": "a very private thing"})
            client.get("/line%0Abreak")

    text = caplog.text
    assert f"GET {API}/search 200" in text
    assert "private" not in text
    assert "/line\\nbreak" in text, "a path cannot begin a line of its own"


# Errors


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nowhere", 404, "NotFoundError"),
        ("GET", f"{API}/nowhere", 404, "NotFoundError"),
        ("POST", "/healthz", 405, "MethodNotAllowedError"),
        ("DELETE", f"{API}/gallery", 405, "MethodNotAllowedError"),
        ("GET", f"{API}/search/text", 405, "MethodNotAllowedError"),
    ],
)
def test_what_is_not_there_is_a_problem_too(
    client: TestClient, method: str, path: str, status: int, kind: str
) -> None:
    answer = client.request(method, path)

    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["kind"]) == (status, kind)
    assert answer.json()["type"] == "about:blank"
    assert path in answer.json()["detail"]


def test_the_type_of_a_problem_leads_to_its_meaning(client: TestClient) -> None:
    problem = client.get(f"{API}/images/999").json()

    assert client.get(problem["type"]).text == (
        "ImageNotFoundError: No picture of the gallery has an id.\n"
    )
    assert client.get("/problems/NoSuchError").status_code == 404


def test_what_nobody_foresaw_has_an_id_and_no_traceback(
    indexed: Gallery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def burst(*_: object) -> None:
        raise RuntimeError("a secret of the machine")

    monkeypatch.setattr(Gallery, "image", burst)
    with served_gallery(indexed, raise_server_exceptions=False) as client:
        answer = client.get(f"{API}/images/1")

    assert (answer.status_code, answer.json()["kind"]) == (500, "UnexpectedError")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    id = answer.json()["detail"].rpartition(" ")[2]
    assert re.fullmatch(r"[0-9a-f]{8}", id)
    assert id in caplog.text
    assert "a secret of the machine" in caplog.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_every_error_has_a_status() -> None:
    kinds = [
        kind
        for module in (errors, refusals)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, errors.SightlineError) and kind is not errors.SightlineError
    ]
    for kind in kinds:
        status = status_of(kind.__new__(kind))
        assert 400 <= status < 600, kind
        assert status != 500, kind


def test_every_refusal_stands_in_the_tree_and_pickles() -> None:
    import pickle

    drawn = set(re.findall(r"[├└]── (\w+)", refusals.__doc__ or ""))
    facts = {
        refusals.UnsafeBindingError: ("0.0.0.0", 16, False),
        refusals.AddressTakenError: ("127.0.0.1", 80, "permission denied"),
        refusals.IncompleteSearchError: ("text",),
        refusals.NotSignedInError: (True,),
        refusals.ForeignPageError: ("https://evil.example",),
        refusals.IndexingForbiddenError: ("/etc", ("/photos",)),
        refusals.JobNotFoundError: ("x",),
        refusals.QueryPictureNotFoundError: ("x",),
        refusals.BodyTooSlowError: (1.5,),
        refusals.JobRunningError: ("x",),
        refusals.PictureChangedError: ("a.png", "the file was changed since"),
        refusals.PictureGoneError: ("a.png", "permission denied"),
        refusals.BodyTooLargeError: (100,),
        refusals.WrongHostError: ("evil.example",),
        refusals.OverloadedError: (3,),
        refusals.NotReadyError: ("its model is being loaded",),
    }
    own = {
        kind
        for _, kind in inspect.getmembers(refusals, inspect.isclass)
        if kind.__module__ == refusals.__name__
    }

    assert own - {refusals.RefusalError} == set(facts)
    assert {kind.__name__ for kind in own} <= drawn
    for kind, arguments in facts.items():
        error = kind(*arguments)
        again = pickle.loads(pickle.dumps(error))
        assert str(again) == str(error)
        assert len(str(error).splitlines()) == 1


def test_the_gallery_tells_what_it_holds(client: TestClient, photos: Path) -> None:
    facts = client.get(f"{API}/gallery").json()

    assert facts["images"] == 6
    assert facts["models"] == [
        {"name": "mean-colour", "vectors": 6, "dimensions": 4, "precision": "float32"}
    ]
    assert (facts["model"], facts["knows"], facts["can_text"]) == (
        "mean-colour",
        "mean colours",
        True,
    )
    assert facts["folders"] == [str(photos)]
    assert facts["faults"] == {"count": 0, "reasons": [], "first": []}
    assert (facts["missing"], facts["index_state"]) == (0, "current")
    assert facts["formats"] == [{"format": "PNG", "count": 6}]
    assert facts["taken"] == {"first": None, "last": None}
    assert facts["may_index"] is True
    assert facts["examples"] == []


def test_faults_are_counted_and_paged(
    client: TestClient, indexed: Gallery, photos: Path, tmp_path: Path
) -> None:
    for place in range(3):
        (photos / f"bad{place}.png").write_bytes(b"no picture")
    (photos / "\udcff.png").write_bytes(b"")
    indexed.sync([photos])

    facts = client.get(f"{API}/gallery").json()["faults"]
    page = client.get(f"{API}/gallery/faults", params={"offset": 1, "limit": 1}).json()

    assert facts["count"] == 4
    assert facts["reasons"][0]["count"] == 3
    assert str(photos / "\ufffd.png") in {fault["path"] for fault in facts["first"]}
    assert (page["count"], len(page["faults"])) == (4, 1)
    assert page["faults"][0] == facts["first"][1]


# The page


def test_the_page_is_sent_compressed_and_the_interface_is_not(client: TestClient) -> None:
    plain = client.get("/", headers={"Accept-Encoding": "identity"})
    page = client.get("/", headers={"Accept-Encoding": "gzip"})
    answer = client.get(f"{API}/gallery", headers={"Accept-Encoding": "gzip"})

    assert page.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in page.headers["vary"]
    assert page.text == plain.text
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in answer.headers
    style = client.get("/static/page.css", headers={"Accept-Encoding": "gzip"})
    asked = {"If-None-Match": style.headers["etag"], "Accept-Encoding": "gzip"}
    assert style.headers["content-encoding"] == "gzip"
    assert client.get("/static/page.css", headers=asked).status_code == 304
