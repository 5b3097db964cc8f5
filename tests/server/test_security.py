"""Who gets in: tokens, cookies, hosts, origins; and what every answer's headers say."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from sightline.gallery import Gallery
from sightline.server.http.security import COOKIE
from tests.server.conftest import API, ids_by_name, served_gallery

TOKEN = "correct horse battery staple"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
OPEN = ["/healthz", "/", "/static/icon.svg"]
CLOSED = [
    f"{API}/gallery",
    f"{API}/images/1/file",
    f"{API}/images/1/thumbnail",
    f"{API}/search?q=red",
    f"{API}/jobs",
    f"{API}/openapi.json",
    "/readyz",
    "/metrics",
    "/nowhere",
    "/static",
    f"{API}/session/",
]


# The token


@pytest.mark.parametrize("path", CLOSED)
def test_without_the_token_nothing_is_told(indexed: Gallery, path: str) -> None:
    with served_gallery(indexed, token=TOKEN) as client:
        answer = client.get(path)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="sightline"'
    assert answer.json()["kind"] == "NotSignedInError"
    assert answer.json()["detail"].startswith("this service wants a token; ")


@pytest.mark.parametrize("path", OPEN)
def test_the_page_and_the_health_check_are_open(indexed: Gallery, path: str) -> None:
    with served_gallery(indexed, token=TOKEN) as client:
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", CLOSED[:7])
def test_with_the_token_everything_works(indexed: Gallery, path: str) -> None:
    with served_gallery(indexed, token=TOKEN) as client:
        assert client.get(path, headers=BEARER).status_code == 200
        assert client.get(path, headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer tökén",
    ],
)
def test_a_wrong_token_is_refused(indexed: Gallery, header: str) -> None:
    with served_gallery(indexed, token=TOKEN) as client:
        answer = client.get(f"{API}/gallery", headers={b"Authorization": header.encode()})

    assert answer.status_code == 401
    assert answer.json()["detail"].startswith("the token is wrong; ")


def test_a_token_in_the_query_string_is_refused(indexed: Gallery) -> None:
    with served_gallery(indexed, token=TOKEN) as client:
        assert client.get(f"{API}/gallery", params={"token": TOKEN}).status_code == 401


def test_a_browser_signs_in_and_out(indexed: Gallery) -> None:
    with served_gallery(indexed, token=TOKEN) as client:
        wrong = client.post(f"{API}/session", json={"token": "guess"})
        assert client.get(f"{API}/gallery").status_code == 401
        right = client.post(f"{API}/session", json={"token": TOKEN})
        inside = client.get(f"{API}/gallery").status_code
        out = client.delete(f"{API}/session")
        outside = client.get(f"{API}/gallery").status_code

    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers
    assert right.json() == {"signed_in": True}
    cookie = right.headers["set-cookie"]
    assert re.match(
        rf"{COOKIE}=[0-9a-f]{{64}}; HttpOnly; Max-Age=\d+; Path=/; SameSite=strict$", cookie
    )
    assert TOKEN not in cookie
    assert (inside, out.json(), outside) == (200, {"signed_in": False}, 401)


def test_another_token_ends_all_sessions(indexed: Gallery) -> None:
    with served_gallery(indexed, token=TOKEN) as client:
        client.post(f"{API}/session", json={"token": TOKEN})
        cookie = client.cookies[COOKIE]
    with served_gallery(indexed, token=TOKEN + "2") as client:
        answer = client.get(f"{API}/gallery", headers={"Cookie": f"{COOKIE}={cookie}"})

    assert answer.status_code == 401


def test_cookies_of_other_programs_harm_nothing(indexed: Gallery) -> None:
    with served_gallery(indexed, token=TOKEN) as client:
        client.post(f"{API}/session", json={"token": TOKEN})
        mine = client.cookies[COOKIE]
        client.cookies.clear()
        odd = f'a b="c; {{"x":1}}; {COOKIE}={mine}; =; other'
        answer = client.get(f"{API}/gallery", headers={"Cookie": odd})

    assert answer.status_code == 200


def test_the_printed_link_signs_in_and_leaves_the_token_behind(indexed: Gallery) -> None:
    with served_gallery(indexed, token=TOKEN) as client:
        wrong = client.get("/", params={"token": "guess"}, follow_redirects=False)
        right = client.get("/", params={"token": TOKEN}, follow_redirects=False)

        assert client.get(f"{API}/gallery").status_code == 200
    assert (wrong.status_code, wrong.headers["location"]) == (303, "/")
    assert "set-cookie" not in wrong.headers
    assert (right.status_code, right.headers["location"]) == (303, "/")
    assert right.headers["referrer-policy"] == "no-referrer"


def test_over_https_the_cookie_stays_there(indexed: Gallery) -> None:
    with served_gallery(indexed, token=TOKEN, address="https://127.0.0.1") as client:
        answer = client.post(f"{API}/session", json={"token": TOKEN})

    assert answer.headers["set-cookie"].endswith("; Secure")


# Names


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8420", "127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:8420", "192.168.1.7"]
)
def test_addresses_and_this_machine_are_names_of_the_service(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "evil.example:8420",
        "",
        "localhost:port",
        "localhost/x",
        "[::1",
    ],
)
def test_other_names_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/healthz", headers={"Host": host})

    assert (answer.status_code, answer.json()["kind"]) == (421, "WrongHostError")
    assert "SIGHTLINE_ALLOWED_HOSTS" in answer.json()["detail"]


def test_names_can_be_added(indexed: Gallery) -> None:
    with served_gallery(indexed, allowed_hosts=("Photos.Example",)) as client:
        assert client.get("/healthz", headers={"Host": "photos.example:443"}).status_code == 200
        assert client.get("/healthz", headers={"Host": "example"}).status_code == 421
    with served_gallery(indexed, allowed_hosts=("*",)) as client:
        assert client.get("/healthz", headers={"Host": "any.example"}).status_code == 200


# Origins

OWN = "http://127.0.0.1:8420"


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"Origin": OWN}, True),
        ({"Origin": "https://127.0.0.1:8420"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://127.0.0.1:9999"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://[not-an-address"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": OWN}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9999"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": OWN}, False),
    ],
)
def test_pages_of_other_origins_change_nothing(
    client: TestClient, indexed: Gallery, headers: dict[str, str], passes: bool
) -> None:
    id = ids_by_name(client)["red"]
    answer = client.delete(f"{API}/images/{id}", headers=headers)

    assert answer.status_code == (200 if passes else 403)
    assert len(indexed) == (5 if passes else 6)
    if not passes:
        assert answer.json()["kind"] == "ForeignPageError"


def test_a_form_of_another_page_uploads_nothing(client: TestClient, indexed: Gallery) -> None:
    answer = client.post(
        f"{API}/images",
        files={"files": ("x.png", b"")},
        headers={"Origin": "https://evil.example"},
    )

    assert answer.status_code == 403


def test_no_other_page_may_read_unless_it_is_named(indexed: Gallery) -> None:
    friend = {"Origin": "https://friend.example"}
    preflight = friend | {"Access-Control-Request-Method": "POST"}
    with served_gallery(indexed) as client:
        assert (
            "access-control-allow-origin"
            not in client.get(f"{API}/gallery", headers=friend).headers
        )
        refused = client.options(f"{API}/search/text", headers=preflight)
        assert "access-control-allow-origin" not in refused.headers
    with served_gallery(indexed, token=TOKEN, cors_origins=("https://friend.example",)) as client:
        allowed = client.options(f"{API}/search/text", headers=preflight)
        answer = client.post(
            f"{API}/search/text",
            json={"text": "red"},
            headers=friend | BEARER | {"Sec-Fetch-Site": "cross-site"},
        )
        other = client.options(
            f"{API}/search/text", headers=preflight | {"Origin": "https://evil.example"}
        )
    assert allowed.headers["access-control-allow-origin"] == "https://friend.example"
    assert "access-control-allow-credentials" not in allowed.headers
    assert "Location" in answer.headers["access-control-expose-headers"]
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://friend.example"
    assert "access-control-allow-origin" not in other.headers


def test_a_page_that_is_named_may_send_every_header_that_is_read(indexed: Gallery) -> None:
    preflight = {
        "Origin": "https://friend.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-language-model-key",
    }
    with served_gallery(indexed, cors_origins=("https://friend.example",)) as client:
        assert client.options(f"{API}/search/composed", headers=preflight).status_code == 200


# Headers


@pytest.mark.parametrize(
    "path", ["/", f"{API}/gallery", "/nowhere", "/static/icon.svg", "/metrics"]
)
def test_every_answer_says_how_little_a_browser_may_do_with_it(
    client: TestClient, path: str
) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self'" in policy
    assert not re.search(r"unsafe|https?:|\*", policy), "no external origin, no inline script"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers


def test_answers_are_not_kept_by_browsers_and_the_page_is_asked_about(client: TestClient) -> None:
    assert client.get(f"{API}/gallery").headers["cache-control"] == "no-store"
    assert client.get("/").headers["cache-control"] == "no-cache"
    part = client.get("/static/icon.svg")
    assert part.headers["cache-control"] == "no-cache"
    known = client.get("/static/icon.svg", headers={"If-None-Match": part.headers["etag"]})
    assert known.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2fgallery.py",
        "/static//etc/passwd",
    ],
)
def test_nothing_but_the_parts_of_the_page_is_static(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code in (404, 405)
    assert b"import" not in answer.content
