"""What the service refuses that the command line never meets, as part of the error tree.

::

    SightlineError
    ├── InputError
    │   ├── UnsafeBindingError      listening on a network without a guard
    │   ├── AddressTakenError       the address cannot be listened at
    │   └── IncompleteSearchError   a composed search lacks one of its two parts
    └── RefusalError                a request is answered with its ``status``
        ├── NotSignedInError        401
        ├── ForeignPageError        403
        ├── IndexingForbiddenError  403
        ├── JobNotFoundError        404
        ├── QueryPictureNotFoundError  404
        ├── BodyTooSlowError        408
        ├── JobRunningError         409
        ├── PictureChangedError     409
        ├── PictureGoneError        410
        ├── BodyTooLargeError       413
        ├── WrongHostError          421
        ├── OverloadedError         503
        └── NotReadyError           503

As in ``sightline.errors``, a constructor takes the facts, and ``str()`` is cause and remedy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sightline.errors import InputError, SightlineError


class UnsafeBindingError(InputError):
    """The service would be open to a network."""

    host: str
    shortest: int
    has_token: bool

    def __str__(self) -> str:
        problem = "its token is short" if self.has_token else "there is no token"
        return (
            f"listening at {self.host} opens the gallery to the network, and {problem}; set "
            f"SIGHTLINE_TOKEN to a secret of at least {self.shortest} characters, or pass "
            "--insecure if everybody there may search, add and remove pictures"
        )


class AddressTakenError(InputError):
    """The address cannot be listened at."""

    host: str
    port: int
    reason: str

    sentence = (
        "cannot listen at {host} port {port}: {reason}; choose another with "
        "--port, or let --port 0 find a free one"
    )


class IncompleteSearchError(InputError):
    """A search by a picture and words has only one of them."""

    missing: str

    def __str__(self) -> str:
        other = "/search/image" if self.missing == "text" else "/search/text"
        return (
            f"a composed search needs a picture and a text, and the {self.missing} is missing; "
            f"give it, or use {other}"
        )


class RefusalError(SightlineError):
    """A request is refused.

    Attributes:
        status: The HTTP status of the answer.
        headers: Of the answer, beside those that every answer has.
    """

    status: ClassVar[int] = 400
    headers: ClassVar[Mapping[str, str]] = {}


class NotSignedInError(RefusalError):
    """The token is missing or wrong."""

    status = 401
    # It names the scheme, as RFC 9110 wants of every 401.
    headers: ClassVar = {"WWW-Authenticate": 'Bearer realm="sightline"'}

    is_wrong: bool

    def __str__(self) -> str:
        problem = "the token is wrong" if self.is_wrong else "this service wants a token"
        return (
            f"{problem}; send the one that it was started with as `Authorization: Bearer TOKEN`, "
            "or sign in on the page"
        )


class ForeignPageError(RefusalError):
    """A web page of another origin tries to change something."""

    status = 403

    origin: str

    sentence = (
        "a page of {origin} may not change this gallery; if it should, name its origin "
        "in SIGHTLINE_CORS_ORIGINS"
    )


class IndexingForbiddenError(RefusalError):
    """A folder may not be read for this caller."""

    status = 403

    path: str
    roots: tuple[str, ...]

    def __str__(self) -> str:
        if self.roots:
            return f"{self.path} may not be indexed; name a folder below {' or '.join(self.roots)}"
        return (
            f"{self.path} may not be indexed: anybody on the network could ask for it; start the "
            "service with a token, or with SIGHTLINE_INDEX_ROOTS"
        )


class JobNotFoundError(RefusalError):
    """No job has an id."""

    status = 404

    id: str

    sentence = "no job has the id {id!r}; the list of jobs is at /api/v1/jobs"


class QueryPictureNotFoundError(RefusalError):
    """A query picture is no longer kept."""

    status = 404

    token: str

    sentence = "the query picture {token!r} is no longer kept; give the picture again"


class BodyTooSlowError(RefusalError):
    """A request stood still while its body came in."""

    status = 408
    # The rest of the body cannot be told from a next request.
    headers: ClassVar = {"Connection": "close"}

    timeout_s: float

    sentence = "nothing came for {timeout_s:g} s while the request was read; send it again"


class JobRunningError(RefusalError):
    """There is a job already."""

    status = 409

    id: str

    sentence = "the job {id} is running, and one runs at a time; wait for it, or cancel it"


class PictureChangedError(RefusalError):
    """A file is no longer the picture that was indexed."""

    status = 409

    name: str
    problem: str

    sentence = "{name} is not what was indexed: {problem}; index its folder again"


class PictureGoneError(RefusalError):
    """A picture's file cannot be read any longer."""

    status = 410

    name: str
    reason: str

    sentence = "the file of {name} cannot be shown: {reason}; index its folder again"


class BodyTooLargeError(RefusalError):
    """A request's body is too large."""

    status = 413
    # The rest of the body is not read, so the connection cannot be used again.
    headers: ClassVar = {"Connection": "close"}

    limit_bytes: int

    sentence = (
        "the request is larger than {limit_bytes:,} bytes; send less at once, or raise "
        "SIGHTLINE_MAX_UPLOAD_BYTES"
    )


class WrongHostError(RefusalError):
    """The service is called by a name that it does not go by."""

    status = 421

    host: str

    sentence = (
        "this service does not go by the name {host!r}; if it should, add the name to "
        "SIGHTLINE_ALLOWED_HOSTS"
    )


class OverloadedError(RefusalError):
    """Too many searches, or pictures, are waiting already."""

    status = 503
    headers: ClassVar = {"Retry-After": "1"}  # a queue is short-lived

    waiting: int
    what: str = "searches are running"

    sentence = "{waiting} {what} or waiting; try again in a moment"


class NotReadyError(RefusalError):
    """The model is not loaded yet, or the service is about to end."""

    status = 503
    headers: ClassVar = {"Retry-After": "2"}  # models load in seconds

    reason: str

    sentence = "the service is not ready: {reason}; try again in a moment"
