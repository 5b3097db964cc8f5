"""Single pictures over HTTP: facts, files, thumbnails, labels, uploads, removal."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from PIL import Image

from sightline.gallery import Gallery
from tests.conftest import COLOURS
from tests.server.conftest import API, encoded, ids_by_name, names, png, served_gallery

RED = COLOURS["red"]


@pytest.fixture
def red(client: TestClient) -> int:
    return ids_by_name(client)["red"]


def upload(client: TestClient, *files: tuple[str, bytes], label: str | None = None) -> Response:
    data = {} if label is None else {"label": label}
    return client.post(f"{API}/images", data=data, files=[("files", file) for file in files])


# Facts


def test_the_facts_of_a_picture(client: TestClient, red: int, photos: Path) -> None:
    from sightline.images import bytes_hash

    facts = client.get(f"{API}/images/{red}").json()

    assert (facts["id"], facts["path"]) == (red, str(photos / "red.png"))
    assert facts["content_hash"] == bytes_hash((photos / "red.png").read_bytes())
    assert "score" not in facts


@pytest.mark.parametrize("route", ["", "/file", "/thumbnail", "/similar"])
@pytest.mark.parametrize(("id", "status"), [("999", 404), ("0", 422), ("x", 422), ("9" * 30, 422)])
def test_an_unknown_picture_is_a_problem(
    client: TestClient, route: str, id: str, status: int
) -> None:
    answer = client.get(f"{API}/images/{id}{route}")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_browsing_lists_the_newest_first(
    client: TestClient, indexed: Gallery, photos: Path
) -> None:
    os.utime(photos / "blue.png", (2_000_000_000, 2_000_000_000))
    indexed.sync([photos])
    first = client.get(f"{API}/images", params={"k": 1}).json()
    rest = client.get(f"{API}/images", params={"k": 5, "offset": 1}).json()
    none = client.get(f"{API}/images", params={"label": "sea"}).json()

    assert [image["name"] for image in first["images"]] == ["blue.png"]
    assert (first["more"], first["total"]) == (True, 6)
    assert (len(rest["images"]), rest["more"]) == (5, False)
    assert (none["images"], none["total"]) == ([], 0)


# Files


def test_a_file_is_served_as_it_is(client: TestClient, red: int, photos: Path) -> None:
    answer = client.get(f"{API}/images/{red}/file")

    assert answer.content == (photos / "red.png").read_bytes()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''red.png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"] == "private, no-cache"


def test_a_file_that_the_caller_has_is_not_sent_again(client: TestClient, red: int) -> None:
    url = f"{API}/images/{red}/file"
    etag = client.get(url).headers["etag"]

    known = client.get(url, headers={"If-None-Match": f'"other", W/{etag}'})
    other = client.get(url, headers={"If-None-Match": '"other"'})

    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["etag"] == etag
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-3", 0, 4),
        ("bytes=5-", 5, None),
        ("bytes=-4", -4, None),
        ("bytes=2-99999", 2, None),
    ],
)
def test_a_part_of_a_file(
    client: TestClient, red: int, photos: Path, wanted: str, start: int, end: int | None
) -> None:
    whole = (photos / "red.png").read_bytes()
    answer = client.get(f"{API}/images/{red}/file", headers={"Range": wanted})
    first, last = range(len(whole))[start:end][0], range(len(whole))[start:end][-1]

    assert answer.status_code == 206
    assert answer.content == whole[start:end]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


@pytest.mark.parametrize(
    "wanted", ["bytes=0-1,4-5", "bytes=5-2", "lines=1-2", "bytes=-", "bytes=a-b", "bytes=0-1 "]
)
def test_a_range_that_makes_no_sense_is_passed_over(
    client: TestClient, red: int, wanted: str
) -> None:
    answer = client.get(f"{API}/images/{red}/file", headers={"Range": wanted})

    assert answer.status_code == (206 if wanted == "bytes=0-1 " else 200)


def test_a_range_behind_the_end_is_refused(client: TestClient, red: int) -> None:
    answer = client.get(f"{API}/images/{red}/file", headers={"Range": "bytes=99999-"})

    assert answer.status_code == 416
    assert answer.headers["content-range"].startswith("bytes */")
    assert answer.json()["kind"] == "RangeNotSatisfiableError"


def test_a_part_of_another_version_is_the_whole(client: TestClient, red: int) -> None:
    url = f"{API}/images/{red}/file"
    etag = client.get(url).headers["etag"]
    headers = {"Range": "bytes=0-3", "If-Range": '"other"'}

    assert client.get(url, headers=headers).status_code == 200
    assert client.get(url, headers=headers | {"If-Range": etag}).status_code == 206


def test_what_browsers_do_not_show_is_an_attachment(
    client: TestClient, indexed: Gallery, tmp_path: Path
) -> None:
    place = tmp_path / "scans" / 'a "scan";\n.tif'
    place.parent.mkdir()
    place.write_bytes(encoded(Image.new("RGB", (8, 8), RED), "TIFF"))
    indexed.sync([place.parent])
    image = next(i for i in client.get(f"{API}/images").json()["images"] if i["format"] == "TIFF")

    answer = client.get(image["file"])

    assert answer.headers["content-type"] == "image/tiff"
    assert answer.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''a%20%22scan%22%3B%0A.tif"
    )


def test_a_file_that_changed_is_not_served(client: TestClient, red: int, photos: Path) -> None:
    (photos / "red.png").write_bytes(png((1, 2, 3)))

    answer = client.get(f"{API}/images/{red}/file")

    assert (answer.status_code, answer.json()["kind"]) == (409, "PictureChangedError")
    assert "the file was changed since" in answer.json()["detail"]


def test_a_file_that_became_a_web_page_is_not_served(
    client: TestClient, red: int, photos: Path
) -> None:
    size = (photos / "red.png").stat().st_size
    (photos / "red.png").write_bytes(b"<script>alert(1)</script>".ljust(size))

    answer = client.get(f"{API}/images/{red}/file")

    assert answer.status_code == 409
    assert "a web page or XML" in answer.json()["detail"]


def test_a_file_that_was_only_touched_is_served(client: TestClient, red: int, photos: Path) -> None:
    os.utime(photos / "red.png", (1, 1))

    assert client.get(f"{API}/images/{red}/file").content == (photos / "red.png").read_bytes()


@pytest.mark.parametrize("route", ["file", "thumbnail"])
def test_a_file_that_is_gone_is_gone(
    client: TestClient, red: int, photos: Path, route: str
) -> None:
    (photos / "red.png").unlink()

    answer = client.get(f"{API}/images/{red}/{route}")

    assert (answer.status_code, answer.json()["kind"]) == (410, "PictureGoneError")
    assert "it is no longer there" in answer.json()["detail"]


def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(
    client: TestClient, red: int, photos: Path
) -> None:
    (photos / "red.png").unlink()
    os.mkfifo(photos / "red.png")

    assert client.get(f"{API}/images/{red}/file").status_code == 410


def test_a_file_with_exif_is_served_with_it(
    client: TestClient, indexed: Gallery, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(Image.new("RGB", (30, 20), RED), "JPEG", exif=exif)
    (tmp_path / "turned").mkdir()
    (tmp_path / "turned" / "t.jpg").write_bytes(data)
    indexed.sync([tmp_path / "turned"])
    image = next(i for i in client.get(f"{API}/images").json()["images"] if i["format"] == "JPEG")

    assert client.get(image["file"]).content == data
    assert (image["width"], image["height"]) == (20, 30), "as shown"
    with Image.open(io.BytesIO(client.get(image["thumbnail"]).content)) as small:
        assert small.size == (20, 30)
        assert not small.getexif()


# Thumbnails


@pytest.mark.parametrize(("size", "edge"), [(1, 160), (160, 160), (161, 320), (1280, 1280)])
def test_thumbnails_come_in_four_sizes(
    client: TestClient, indexed: Gallery, size: int, edge: int
) -> None:
    added = indexed.add(png((9, 9, 9), (2000, 1000)), name="large.png").image

    answer = client.get(f"{API}/images/{added.id}/thumbnail", params={"size": size})

    assert answer.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(answer.content)) as small:
        assert (small.format, small.size) == ("WEBP", (edge, edge // 2))


@pytest.mark.parametrize("size", [0, -1, 1281, 10**9, "large"])
def test_other_sizes_are_refused(client: TestClient, red: int, size: object) -> None:
    answer = client.get(f"{API}/images/{red}/thumbnail", params={"size": str(size)})

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("size is ")


def test_the_thumbnail_of_a_hit_is_kept_for_a_year(client: TestClient, red: int) -> None:
    link = client.get(f"{API}/images/{red}").json()["thumbnail"]
    answer = client.get(link)
    again = client.get(link, headers={"If-None-Match": answer.headers["etag"]})
    outdated = client.get(f"{API}/images/{red}/thumbnail", params={"v": "00000000"})

    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert (again.status_code, again.content) == (304, b"")
    assert outdated.headers["cache-control"] == "private, no-cache"


# Uploads


def test_an_upload_is_found_by_the_next_search(client: TestClient) -> None:
    answer = upload(client, ("cyan.png", png((0, 255, 255))), label="sea")
    found = client.get(f"{API}/search", params={"q": "cyan", "k": 1}).json()
    labelled = client.get(f"{API}/search", params={"q": "red", "label": "sea"}).json()

    assert answer.status_code == 201
    added = answer.json()["added"]
    assert [(image["name"], image["uploaded"]) for image in added] == [("cyan.png", True)]
    assert names(found) == ["cyan"]
    assert found["hits"][0]["uploaded"] is True
    assert names(labelled) == ["cyan"]


def test_each_file_of_an_upload_has_its_own_outcome(client: TestClient, photos: Path) -> None:
    answer = upload(
        client,
        ("new.png", png((1, 2, 3))),
        ("../../red.png", (photos / "red.png").read_bytes()),
        ("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>"),
        ("page.jpg", b"<!doctype html><p>hello"),
        ("cut.png", png(RED, (900, 900))[:300]),
        ("empty.png", b""),
    )
    outcome = answer.json()

    assert answer.status_code == 201
    assert [image["name"] for image in outcome["added"]] == ["new.png"]
    assert [image["path"] for image in outcome["known"]] == [str(photos / "red.png")]
    assert {file["name"]: file["reason"] for file in outcome["refused"]} == {
        "page.svg": "it is not a picture that Sightline reads (it begins like an SVG drawing)",
        "page.jpg": "it is not a picture that Sightline reads (it begins like a web page or XML)",
        "cut.png": "the file is cut off after 300 bytes",
        "empty.png": "the file is empty",
    }


def test_bad_uploads_leave_nothing_on_disk(client: TestClient, indexed: Gallery) -> None:
    before = sorted(indexed.path.rglob("*"))
    answer = upload(client, ("x.svg", b"<svg></svg>"), ("y.png", png(RED, (900, 900))[:300]))

    assert answer.status_code == 200
    assert answer.json()["added"] == []
    assert sorted(indexed.path.rglob("*")) == before


def test_names_of_uploads_lead_nowhere(client: TestClient, indexed: Gallery) -> None:
    added = upload(client, ("../../../etc/cron.d/evil.png", png((7, 7, 7)))).json()["added"][0]

    assert added["name"] == "evil.png"
    assert Path(added["path"]).is_relative_to(indexed.path)
    assert "evil" not in added["path"]


@pytest.mark.parametrize("label", ["", " ", "x" * 500, "a\0b"])
def test_a_bad_label_is_a_problem_and_nothing_is_added(
    client: TestClient, indexed: Gallery, label: str
) -> None:
    answer = upload(client, ("new.png", png((1, 2, 3))), label=label)

    assert answer.status_code == 422, answer.text
    assert len(indexed) == 6


def test_an_upload_without_files_is_a_problem(client: TestClient) -> None:
    answer = client.post(f"{API}/images", data={"label": "sea"})

    assert answer.status_code == 422
    assert answer.json()["detail"] == "files is missing; give it"


def test_another_writer_is_named(client: TestClient, indexed: Gallery) -> None:
    from sightline.catalog.lock import WriterLock

    with WriterLock(indexed.path / "writer.lock", "sightline index"):
        answer = upload(client, ("new.png", png((1, 2, 3))))

    assert (answer.status_code, answer.json()["kind"]) == (409, "GalleryBusyError")
    assert "is being changed by" in answer.json()["detail"]


# Removal and labels


def test_a_removed_upload_takes_its_file_along(client: TestClient) -> None:
    added = upload(client, ("cyan.png", png((0, 255, 255)))).json()["added"][0]
    removed = client.delete(f"{API}/images/{added['id']}")
    again = client.delete(f"{API}/images/{added['id']}")

    assert removed.json() == {"removed": added["id"], "file_deleted": True}
    assert not Path(added["path"]).exists()
    assert (again.status_code, again.json()["kind"]) == (404, "ImageNotFoundError")
    assert names(client.get(f"{API}/search", params={"q": "cyan", "k": 1}).json()) != ["cyan"]


def test_a_removed_picture_of_a_folder_keeps_its_file(
    client: TestClient, red: int, photos: Path
) -> None:
    removed = client.delete(f"{API}/images/{red}")

    assert removed.json() == {"removed": red, "file_deleted": False}
    assert (photos / "red.png").exists()


def test_labels_are_replaced(client: TestClient, red: int) -> None:
    url = f"{API}/images/{red}/labels"
    client.put(url, json={"labels": ["boats", "sea"]})
    answer = client.put(url, json={"labels": ["sea", "Đà Nẵng 🏖️"]})

    assert answer.json()["labels"] == ["sea", "Đà Nẵng 🏖️"]
    assert client.get(f"{API}/gallery").json()["labels"] == [
        {"label": "sea", "count": 1},
        {"label": "Đà Nẵng 🏖️", "count": 1},
    ]
    assert client.put(url, json={"labels": [""]}).status_code == 422
    assert client.put(f"{API}/images/999/labels", json={"labels": []}).status_code == 404


# Kept query pictures


def test_only_the_last_query_pictures_are_kept(indexed: Gallery) -> None:
    with served_gallery(indexed, kept_queries=2) as client:
        tokens = []
        for place, shade in enumerate((10, 20, 30)):
            answer = client.post(
                f"{API}/search/image", files={"image": ("q.png", png((shade, 0, 0)))}
            )
            tokens.append(answer.json()["picture"]["token"])
            # The order is told by time, which may stand still between two of them.
            os.utime(indexed.path / "queries" / tokens[-1], (place + 1, place + 1))
        statuses = [client.get(f"{API}/queries/{token}").status_code for token in tokens]
        gone = client.post(f"{API}/search/image", data={"picture": tokens[0]})

    assert statuses == [404, 200, 200]
    assert (gone.status_code, gone.json()["kind"]) == (404, "QueryPictureNotFoundError")


@pytest.mark.parametrize("token", ["x", "..%2F..%2Fcatalog.sqlite", "A" * 40])
def test_tokens_that_are_none_are_refused(client: TestClient, token: str) -> None:
    assert client.get(f"{API}/queries/{token}").status_code in (404, 422)
