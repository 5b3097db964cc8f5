"""Searching over HTTP: what is found, and what every bad request is answered."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image, ImageFile

from sightline.gallery import Gallery
from sightline.server.schemas.fields import LONGEST_TEXT
from sightline.testing import FakeEncoder
from tests.conftest import COLOURS, paint
from tests.server.conftest import API, encoded, ids_by_name, names, png, served_gallery

RED = COLOURS["red"]


def search(client: TestClient, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = client.post(f"{API}/search/text", json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def by_picture(client: TestClient, data: bytes, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = client.post(f"{API}/search/image", data=asked, files={"image": ("q.png", data)})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# What is found


def test_a_text_finds_the_pictures_that_the_library_finds(
    client: TestClient, indexed: Gallery
) -> None:
    from sightline import Query

    found = search(client, text="red", k=3)
    expected = indexed.search(Query(texts=["red"]), k=3)

    assert [(hit["id"], hit["rank"]) for hit in found["hits"]] == [
        (hit.id, hit.rank) for hit in expected
    ]
    assert [hit["score"] for hit in found["hits"]] == pytest.approx(
        [hit.score for hit in expected], abs=1e-6
    )
    assert names(found)[0] == "red"


def test_an_answer_tells_all_that_a_page_shows(client: TestClient, photos: Path) -> None:
    found = search(client, text="red", k=1)
    hit = found["hits"][0]

    assert hit == {
        "id": hit["id"],
        "rank": 1,
        "score": 1.0,
        "name": "red.png",
        "path": str(photos / "red.png"),
        "folder": str(photos),
        "width": 24,
        "height": 16,
        "format": "PNG",
        "bytes": (photos / "red.png").stat().st_size,
        "taken_at": None,
        "modified_at": hit["modified_at"],
        "labels": [],
        "uploaded": False,
        "thumbnail": hit["thumbnail"],
        "file": f"{API}/images/{hit['id']}/file",
    }
    assert hit["modified_at"].endswith("Z")
    assert hit["thumbnail"].startswith(f"{API}/images/{hit['id']}/thumbnail?v=")
    assert {name: found[name] for name in ("offset", "k", "more", "considered", "total")} == {
        "offset": 0,
        "k": 1,
        "more": True,
        "considered": 6,
        "total": 6,
    }
    assert (found["model"], found["mode"], found["cached"]) == ("mean-colour", "text", False)
    assert found["picture"] is None
    assert found["query"]["text"] == "red"
    assert found["query"]["text_weight"] == 0.5
    times = found["milliseconds"]
    assert set(times) == {
        "queue",
        "decode",
        "embed",
        "compose",
        "search",
        "fetch",
        "total",
    }
    assert times["embed"] > 0
    assert times["total"] >= times["embed"] + times["search"] + times["fetch"]


def test_a_link_is_the_same_search(client: TestClient) -> None:
    by_link = client.get(f"{API}/search", params={"q": "red", "k": 2}).json()
    by_body = search(client, text="red", k=2)

    assert by_link["hits"] == by_body["hits"]
    assert by_link["query"] == by_body["query"]


def test_pages_follow_each_other_and_end(client: TestClient) -> None:
    whole = names(search(client, text="red", k=6))
    first = search(client, text="red", k=4)
    second = search(client, text="red", k=4, offset=4)

    assert names(first) + names(second) == whole
    assert (first["more"], second["more"]) == (True, False)
    assert second["hits"][0]["rank"] == 5


def test_scores_below_the_minimum_are_left_out(client: TestClient) -> None:
    found = search(client, text="red", min_score=0.9999)

    assert names(found) == ["red"]
    assert found["considered"] == 6


def test_excluded_words_push_away(client: TestClient) -> None:
    assert names(search(client, text="purple", k=6))[0] == "purple"
    # Purple is red and blue: without blue, red is what is left.
    found = search(client, text="purple", excluded_texts=["blue"], excluded_weight=0.6, k=6)

    assert names(found).index("red") < names(found).index("purple")


def test_a_picture_finds_its_like_and_is_kept(client: TestClient) -> None:
    found = by_picture(client, png(RED), k=2)
    kept = found["picture"]
    again = client.post(f"{API}/search/image", data={"picture": kept["token"], "k": 2}).json()
    shown = client.get(kept["url"], params={"size": 160})

    assert names(found)[0] == "red"
    assert found["mode"] == "image"
    assert (kept["width"], kept["height"]) == (24, 16)
    assert again["hits"] == found["hits"]
    assert again["picture"] == kept, "a reload knows the picture's size, too"
    with Image.open(io.BytesIO(shown.content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (24, 16))


def test_pictures_of_the_gallery_are_searched_by_their_vectors(client: TestClient) -> None:
    ids = ids_by_name(client)
    found = client.post(f"{API}/search/image", data={"images": [ids["blue"]]}).json()
    linked = client.get(f"{API}/search", params={"images": ids["blue"]}).json()

    assert names(found)[0] == "blue", "the picture itself is the best"
    assert linked["hits"] == found["hits"]
    assert found["milliseconds"]["decode"] == 0


def test_similar_pictures_leave_out_the_picture_itself(client: TestClient) -> None:
    ids = ids_by_name(client)
    found = client.get(f"{API}/images/{ids['red']}/similar", params={"k": 2}).json()
    bounded = client.get(f"{API}/images/{ids['red']}/similar", params={"min_score": 0.99999}).json()

    assert names(found) == ["orange", "purple"]
    assert found["hits"][0]["rank"] == 1
    assert bounded["hits"] == []


def test_a_picture_and_words_are_summed(client: TestClient) -> None:
    answer = client.post(
        f"{API}/search/composed",
        data={"text": "blue", "mode": "sum"},
        files={"image": ("q.png", png(RED))},
    ).json()

    assert answer["mode"] == "sum"
    assert names(answer)[0] == "purple", "halfway between red and blue"


def test_a_region_is_what_counts(client: TestClient) -> None:
    halves = Image.new("RGB", (40, 20), RED)
    halves.paste((0, 0, 255), (20, 0, 40, 20))
    data = encoded(halves, "PNG")

    assert names(by_picture(client, data, region="0,0,0.5,1"))[0] == "red"
    assert names(by_picture(client, data, region="0.5,0,1,1"))[0] == "blue"


def test_a_region_of_a_picture_of_the_gallery(client: TestClient, indexed: Gallery) -> None:
    halves = Image.new("RGB", (40, 20), RED)
    halves.paste((0, 0, 255), (20, 0, 40, 20))
    added = indexed.add(encoded(halves, "PNG"), name="halves.png").image

    found = client.get(
        f"{API}/search", params={"images": added.id, "region": "0.5,0,1,1", "k": 1}
    ).json()

    assert names(found) == ["blue"]


def test_filters_narrow_the_search(client: TestClient, indexed: Gallery, tmp_path: Path) -> None:
    paint(tmp_path / "more" / "tall.png", RED, size=(10, 30))
    indexed.sync([tmp_path / "more"])
    ids = ids_by_name(client)
    client.put(f"{API}/images/{ids['blue']}/labels", json={"labels": ["sea"]})

    assert names(search(client, text="red", orientation="portrait")) == ["tall"]
    assert names(search(client, text="red", folder=[str(tmp_path / "more")])) == ["tall"]
    assert names(search(client, text="red", label=["sea"])) == ["blue"]
    assert search(client, text="red", format=["JPEG"])["hits"] == []
    assert names(search(client, text="red", max_width=10)) == ["tall"]
    assert search(client, text="red", taken_from="2001-01-01")["considered"] == 0
    assert search(client, text="red", modified_from="2001-01-01")["considered"] == 7
    repeated = client.get(
        f"{API}/search",
        params={"q": "red", "folder": [str(tmp_path / "more"), str(tmp_path / "photos")]},
    )
    assert repeated.json()["considered"] == 7


def test_what_the_model_cuts_off_is_told(tmp_path: Path, photos: Path, tiny: Path) -> None:
    with Gallery.open(tmp_path / "tiny-gallery", model=tiny) as gallery:
        gallery.sync([photos])
        with served_gallery(gallery) as client:
            long = " ".join(["red"] * 30)
            told = search(client, text=long)["notes"]
            again = search(client, text=long, k=3)["notes"]
            short = search(client, text="red")["notes"]

    assert len(told) == 1
    assert "the text has 32 tokens and the model reads 12" in told[0]
    assert again == told, "also where the vector was remembered"
    assert short == []


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.encoders.tiny_model import make_tiny_model

    folder = tmp_path_factory.mktemp("models") / "tiny"
    return make_tiny_model(folder, config={"sightline": {"prompt": "{query}"}})


# Kept answers


def test_a_repeated_search_is_answered_from_memory_until_something_changes(
    client: TestClient, indexed: Gallery
) -> None:
    first = search(client, text="red", k=7)
    again = search(client, text="red", k=7)
    indexed.add(png((250, 0, 0), size=(8, 8)), name="nearly.png")
    changed = search(client, text="red", k=7)

    assert (first["cached"], again["cached"], changed["cached"]) == (False, True, False)
    assert again["hits"] == first["hits"]
    assert again["milliseconds"]["embed"] == 0
    assert changed["total"] == 7
    assert "nearly" in names(changed)


def test_other_pictures_of_one_name_are_other_searches(client: TestClient) -> None:
    assert names(by_picture(client, png(RED), k=1)) == ["red"]
    assert names(by_picture(client, png((0, 0, 255)), k=1)) == ["blue"]


def test_nothing_is_remembered_where_that_is_turned_off(indexed: Gallery) -> None:
    with served_gallery(indexed, answer_cache=0, kept_queries=0) as client:
        search(client, text="red")
        assert search(client, text="red")["cached"] is False
        assert by_picture(client, png(RED))["picture"] is None
    assert not (indexed.path / "queries").exists()


def test_a_query_picture_is_decoded_and_hashed_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sightline.images import bytes_hash

    decoded: list[object] = []
    hashed: list[bytes] = []
    load = ImageFile.ImageFile.load

    def load_noted(image: ImageFile.ImageFile) -> object:
        decoded.append(image)
        return load(image)

    def hash_noted(data: bytes) -> str:
        hashed.append(data)
        return bytes_hash(data)

    monkeypatch.setattr(ImageFile.ImageFile, "load", load_noted)
    monkeypatch.setattr("sightline.server.search.searches.bytes_hash", hash_noted)
    sideways = Image.Exif()
    sideways[0x0112] = 6
    data = encoded(Image.new("RGB", (30, 20), RED), "JPEG", exif=sideways)
    kept = by_picture(client, data)["picture"]

    assert len({id(image) for image in decoded}) == 1
    assert hashed == [data]
    assert (kept["width"], kept["height"]) == (20, 30), "as shown"


def test_a_picture_that_the_gallery_allows_is_kept_whatever_its_size(
    tmp_path: Path, photos: Path
) -> None:
    large = encoded(Image.new("L", (20_100, 10_000)), "PNG")  # above the usual 200 megapixels
    with Gallery.open(tmp_path / "large", model=FakeEncoder(), max_megapixels=300) as gallery:
        gallery.sync([photos])
        with served_gallery(gallery) as client:
            kept = by_picture(client, large)["picture"]

    assert (kept["width"], kept["height"]) == (20_100, 10_000)


# What is refused

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def bomb() -> bytes:
    return encoded(Image.new("1", (30_000, 10_000)), "PNG")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({}, "there is nothing to search for; give some words, or a picture with --image"),
        (
            {"text": ""},
            "there is nothing to search for; give some words, or a picture with --image",
        ),
        ({"text": "  "}, "text number 1 is empty; give at least one word"),
        ({"text": 7}, "text is 7, but it must be a text"),
        ({"text": "red", "k": 0}, "k is 0, but it must be at least 1"),
        ({"text": "red", "k": 1001}, "k is 1001, but it must be at most 1000"),
        ({"text": "red", "k": "many"}, "k is 'many', but it must be a whole number"),
        ({"text": "red", "k": 2.5}, "k is 2.5, but it must be a whole number"),
        ({"text": "red", "k": None}, "k is None, but it must be a whole number"),
        ({"text": "red", "offset": -1}, "offset is -1, but it must be at least 0"),
        (
            {"text": "red", "offset": 9999, "k": 2},
            "offset + k is 10001, but it must be at most 10000; search for something narrower",
        ),
        ({"text": "red", "min_score": 1.5}, "min_score is 1.5, but it must be at most 1"),
        ({"text": "red", "text_weight": 0}, "the weight of what is looked for is 0.0, but it must"),
        ({"text": "red", "text_weight": -1}, "text_weight is -1, but it must be at least 0"),
        (
            {"text": "red", "prompt": "a photo"},
            "prompt is 'a photo', but it must be a sentence with",
        ),
        (
            {"text": "red", "excluded_texts": ["red"], "excluded_weight": 0.5},
            "what is looked for and",
        ),
        ({"text": "a\0b"}, "text is 'a\\x00b', but it must be a text without NUL characters"),
        ({"text": "red", "excluded_texts": ["\0"]}, "excluded_texts.0 is '\\x00', but it must be"),
        ({"text": "red", "color": "blue"}, "there is no parameter 'color'; check its spelling"),
        ({"text": "red", "folder": ["photos"]}, "folder.0 is 'photos', but it must be an absolute"),
        ({"text": "red", "folder": "/photos"}, "folder is '/photos', but it must be a list"),
        ({"text": "red", "format": ["EXE"]}, "format.0 is 'EXE', but it must be one of JPEG, PNG"),
        ({"text": "red", "orientation": "up"}, "orientation is 'up', but it must be 'landscape', "),
        ({"text": "red", "taken_from": "soon"}, "taken_from is 'soon', but it must be a day such"),
        (
            {"text": "red", "taken_to": "2024-02-31"},
            "taken_to is '2024-02-31', but it must be a day",
        ),
        (
            {"text": "red", "taken_to": "0001-01-01"},
            "taken_to is '0001-01-01', but it must be in a",
        ),
        ({"text": "red", "min_width": 10**30}, "min_width is 1000000000000000000000000000000, but"),
        ({"text": "red", "images": [2**63]}, "images.0 is 9223372036854775808, but it must be"),
        ({"text": "red", "images": [999]}, "no picture has the id 999"),
        ({"text": "red", "excluded_images": [999]}, "no picture has the id 999"),
        (
            {"text": "red", "region": "0,0,1,1"},
            "a region is a part of one picture; give exactly one",
        ),
        (
            {"text": "red", "region": "1,0,0,1", "images": [1]},
            "region is '1,0,0,1', but it must be",
        ),
        ({"text": "red", "region": "0,0,1", "images": [1]}, "region is '0,0,1', but it must be"),
        (
            {"text": "red", "region": "nan,0,1,1", "images": [1]},
            "region is 'nan,0,1,1', but it must",
        ),
        (
            {"text": "red", "picture": "../../etc/passwd"},
            "picture is '../../etc/passwd', but it must",
        ),
        ({"text": "red", "picture": "0" * 40}, "the query picture '000000000000000000000000000000"),
        ({"text": "red", "images": [1] * 51}, "images is [1, 1, 1"),
    ],
    ids=lambda value: str(value)[:60] if isinstance(value, dict) else "",
)
def test_a_bad_search_is_a_problem_with_a_sentence(
    client: TestClient, asked: dict[str, Any], sentence: str
) -> None:
    answer = client.post(f"{API}/search/text", json=asked)
    problem = answer.json()

    assert answer.status_code in (404, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["detail"].startswith(sentence)
    assert problem["status"] == answer.status_code
    assert problem["kind"].endswith("Error")
    assert problem["type"] == f"/problems/{problem['kind']}"


def test_a_very_long_text_is_refused_and_one_of_the_limit_is_not(client: TestClient) -> None:
    refused = client.post(f"{API}/search/text", json={"text": "x" * 10_000})
    taken = client.post(f"{API}/search/text", json={"text": "x" * LONGEST_TEXT})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "text"
    assert refused.json()["detail"].endswith(
        f"but it must be at most {LONGEST_TEXT} characters long"
    )
    assert len(refused.json()["detail"]) < 300, "what came in is not sent back in full"
    assert taken.status_code == 200


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "cannot read the picture: the file is empty"),
        (b"hello", "cannot read the picture: it is not a picture that Sightline reads (it begins"),
        (
            SVG,
            "cannot read the picture: it is not a picture that Sightline reads (it begins like an",
        ),
        (
            png(RED, (900, 900))[:400],
            "cannot read the picture: the file is cut off after 400 bytes",
        ),
        (bomb(), "cannot read the picture: it has 300 megapixels (30,000 x 10,000), and the limit"),
    ],
    ids=["empty", "text", "svg", "truncated", "bomb"],
)
@pytest.mark.parametrize("route", ["image", "composed"])
def test_a_bad_picture_is_a_problem_and_leaves_nothing_behind(
    client: TestClient, indexed: Gallery, route: str, data: bytes, sentence: str
) -> None:
    before = sorted(indexed.path.rglob("*"))
    answer = client.post(
        f"{API}/search/{route}", data={"text": "red"}, files={"image": ("x.png", data)}
    )

    assert answer.status_code == 422
    assert answer.json()["kind"] == "ImageUnreadableError"
    assert answer.json()["detail"].startswith(sentence)
    assert sorted(indexed.path.rglob("*")) == before


def test_half_of_a_composed_search_is_refused(client: TestClient) -> None:
    url = f"{API}/search/composed"
    without_text = client.post(url, files={"image": ("q.png", png(RED))})
    without_picture = client.post(url, data={"text": "red"})

    assert without_text.json()["detail"] == (
        "a composed search needs a picture and a text, and the text is missing; give it, or use "
        "/search/image"
    )
    assert "the picture is missing" in without_picture.json()["detail"]
    assert {without_text.status_code, without_picture.status_code} == {422}


def test_an_image_search_without_a_picture_is_refused(client: TestClient) -> None:
    answer = client.post(f"{API}/search/image", data={"k": 3})

    assert (answer.status_code, answer.json()["kind"]) == (422, "EmptyQueryError")


def test_two_query_pictures_are_refused(client: TestClient) -> None:
    answer = client.post(
        f"{API}/search/image",
        data={"picture": "0" * 40},
        files={"image": ("q.png", png(RED))},
    )

    assert answer.json()["detail"].startswith("there is a file and the token of another picture")


def test_two_names_of_the_text_that_differ_are_refused(client: TestClient) -> None:
    answer = client.get(f"{API}/search", params={"q": "red", "text": "blue"})

    assert answer.json()["detail"] == "q and text are two names of one thing; give one of them"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 422),
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
        (b'"red"', "application/json", 422),
        (b'{"text": "\\ud800"}', "application/json", 422),
        (b'{"text": "red", "k": 1e999}', "application/json", 422),
        (b'{"text": "red", "min_score": NaN}', "application/json", 422),
        (b'{"text": "red", "k": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"text=red", "application/x-www-form-urlencoded", 422),
        (b"text=red", "text/plain", 422),
    ],
)
def test_a_body_that_is_no_search_is_a_problem(
    client: TestClient, body: bytes, content_type: str, status: int
) -> None:
    answer = client.post(f"{API}/search/text", content=body, headers={"Content-Type": content_type})

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) < 300


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n",
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\nhalf',
        b"--x\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x--\r\n",
        b"not multipart at all",
    ],
)
# Starlette leaves the last file of a form that ends too early to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broken_form_is_a_problem(client: TestClient, body: bytes) -> None:
    answer = client.post(
        f"{API}/search/image",
        content=body,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )

    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_form_with_a_file_where_a_text_belongs_is_a_problem(client: TestClient) -> None:
    answer = client.post(f"{API}/search/image", files={"text": ("t.txt", b"red")})

    assert answer.status_code == 422
    assert "text is" in answer.json()["detail"]


def test_a_model_that_reads_no_words_says_so(tmp_path: Path, photos: Path) -> None:
    class Pictures:
        """The fake encoder without its words."""

        def __init__(self) -> None:
            self._fake = FakeEncoder()
            self.spec = self._fake.spec
            self.input_px = self._fake.input_px
            self.prepare = self._fake.prepare
            self.encode_images = self._fake.encode_images

    with Gallery.open(tmp_path / "mute", model=Pictures()) as gallery:
        gallery.sync([photos])
        with served_gallery(gallery) as client:
            refused = client.get(f"{API}/search", params={"q": "red"})
            found = by_picture(client, png(RED), k=1)
            facts = client.get(f"{API}/gallery").json()

    assert refused.status_code == 422
    assert refused.json()["kind"] == "ModelLacksTextError"
    assert names(found) == ["red"]
    assert facts["can_text"] is False
