"""What searches may be asked, under the same names in JSON, forms and query strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Self

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from sightline.composed import WordsSettings
from sightline.server.schemas.fields import (
    DEEPEST,
    MOST_PARTS,
    ImageId,
    PictureToken,
    Prompt,
    RegionText,
    Share,
    SourceName,
    Text,
    Weight,
    filter_fields,
    sentence,
)
from sightline.types import (
    Cropped,
    Filters,
    ImageSource,
    Indexed,
    Query,
    Region,
)
from sightline.types.composition import Mode, Target, Weights
from sightline.types.filters import FILTERS

_WEIGHTS = Weights()


class _Part(BaseModel):
    """Which part of the ranked answers."""

    model_config = ConfigDict(extra="forbid")

    k: Annotated[int, Field(ge=1, le=1000, description="How many hits.")] = 20
    offset: Annotated[
        int, Field(ge=0, le=DEEPEST, description="How many of the best to leave out.")
    ] = 0

    @model_validator(mode="after")
    def _end_in_reach(self) -> Self:
        if self.offset + self.k > DEEPEST:
            raise sentence(
                f"offset + k is {self.offset + self.k}, but it must be at most {DEEPEST}; "
                "search for something narrower"
            )
        return self


if TYPE_CHECKING:
    _Filtered = _Part  # no type checker can see what the table says
else:
    _Filtered = create_model("_Filtered", __base__=_Part, **filter_fields())


class Page(_Filtered, BaseModel):
    """Which part of the ranked answers, and which pictures may be among them."""

    def filters(self) -> Filters:
        """Return the filters among the parameters."""
        parameters = [parameter for filter in FILTERS for parameter in filter.parameters]
        given: dict[str, Any] = {p.field: getattr(self, p.name) for p in parameters}
        return Filters(**given)


class Ranking(Page):
    """The same of answers that have a score."""

    min_score: Annotated[
        float | None, Field(ge=-1, le=1, description="Leave out what scores lower.")
    ] = None


class SearchParameters(Ranking):
    """Everything that all searches may be asked."""

    text: Annotated[Text, Field(description="What the pictures should show.")] = ""
    excluded_texts: Annotated[
        list[Text], Field(max_length=MOST_PARTS, description="What they should not show.")
    ] = []
    images: Annotated[
        list[ImageId],
        Field(max_length=MOST_PARTS, description="Pictures of the gallery to search by."),
    ] = []
    excluded_images: Annotated[
        list[ImageId],
        Field(max_length=MOST_PARTS, description="Pictures that hits should not be like."),
    ] = []
    picture: Annotated[
        PictureToken | None, Field(description="The token of a query picture that is kept.")
    ] = None
    region: Annotated[
        RegionText | None,
        Field(
            description="A part of the query picture: left,top,right,bottom as fractions of it.",
            examples=["0.25,0,0.75,0.5"],
        ),
    ] = None
    text_weight: Annotated[Weight, Field(description="Of the words beside a picture.")] = 0.5
    image_weight: Annotated[Weight, Field(description="Of the picture beside words.")] = 0.5
    excluded_weight: Annotated[Weight, Field(description="Of what is excluded.")] = 0.5
    prompt: Annotated[
        Prompt | None,
        Field(description="The sentence that words are put into, with {query} where they go."),
    ] = None

    @model_validator(mode="after")
    def _region_of_one_picture(self) -> Self:
        if self.region is not None and not self.has_picture and len(self.images) != 1:
            raise sentence("a region is a part of one picture; give exactly one with it")
        return self

    @property
    def has_picture(self) -> bool:
        """Whether a picture comes with the request, or came with an earlier one."""
        return self.picture is not None

    def asked(self) -> dict[str, Any]:
        """Return what was asked, normalised, as JSON can hold it."""
        return self.model_dump(mode="json", exclude={"image", "q"})

    def query(self, picture: ImageSource | None) -> Query:
        """Return the query.

        Args:
            picture: What came with the request, or is kept under its token.

        Raises:
            EmptyQueryError: there is neither a text nor a picture to look for.
        """
        return Query(
            texts=[self.text] if self.text else [],
            images=self.sources(picture),
            excluded_texts=self.excluded_texts,
            excluded_images=[Indexed(id) for id in self.excluded_images],
            text_weight=self.text_weight,
            image_weight=self.image_weight,
            excluded_weight=self.excluded_weight,
            filters=self.filters(),
        )

    def sources(self, picture: ImageSource | None) -> Sequence[ImageSource]:
        """Return the pictures to search by, of which the first is cut to the region.

        Args:
            picture: What came with the request, or is kept under its token.
        """
        indexed: list[ImageSource] = [Indexed(id) for id in self.images]
        if self.region is None:
            return indexed if picture is None else [picture, *indexed]
        region = Region.read(self.region)
        if picture is None:
            return [Cropped(Indexed(self.images[0]), region)]
        assert not isinstance(picture, Cropped)  # it came as bytes
        return [Cropped(picture, region), *indexed]


class TextSearch(SearchParameters):
    """A search by words, as JSON."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"text": "a sailboat at sunset", "k": 10},
                {"text": "a red car", "excluded_texts": ["snow"], "orientation": "landscape"},
            ]
        },
    )


class PictureSearch(SearchParameters):
    """A search by a picture, or by a picture and words, as a form with a file."""

    image: Annotated[
        UploadFile | None, Field(description="A picture file: JPEG, PNG, WebP, AVIF, HEIC ...")
    ] = None

    @model_validator(mode="after")
    def _one_query_picture(self) -> Self:
        if self.image is not None and self.picture is not None:
            raise sentence("there is a file and the token of another picture; give one of them")
        return self

    @property
    def has_picture(self) -> bool:
        """Whether a picture comes with the request, or came with an earlier one."""
        return self.picture is not None or self.image is not None


class ComposedSearch(PictureSearch):
    """A picture and what is to be different in it, as a form with a file.

    Parts of an answer that come back, edited or not, are taken as they are: nothing before them
    runs again.
    """

    mode: Annotated[
        Mode | None,
        Field(description="How picture and words become one search. Default: roles."),
    ] = None
    captioner: Annotated[
        SourceName | None, Field(description="What says in words what the picture shows.")
    ] = None
    composer: Annotated[
        SourceName | None, Field(description="What merges that with the instruction.")
    ] = None
    caption: Annotated[
        Text | None, Field(description="What the picture shows; then no captioner is asked.")
    ] = None
    target: Annotated[
        Text | None,
        Field(description="What is wanted; then neither captioner nor composer is asked."),
    ] = None
    desired: Annotated[
        list[Text], Field(max_length=MOST_PARTS, description="With target: what is asked for.")
    ] = []
    preserve: Annotated[
        list[Text], Field(max_length=MOST_PARTS, description="With target: what is to stay.")
    ] = []
    forbidden: Annotated[
        list[Text], Field(max_length=MOST_PARTS, description="With target: what is to be gone.")
    ] = []
    paraphrases: Annotated[
        list[Text],
        Field(max_length=MOST_PARTS, description="With target: the same in other words."),
    ] = []
    weight_target: Annotated[Share, Field(description="Of the target, in roles.")] = _WEIGHTS.target
    weight_desired: Annotated[Share, Field(description="Of what is asked for.")] = _WEIGHTS.desired
    weight_preserve: Annotated[Share, Field(description="Of what is to stay.")] = _WEIGHTS.preserve
    weight_image: Annotated[Share, Field(description="Of the picture.")] = _WEIGHTS.image
    weight_forbidden: Annotated[Share, Field(description="Of what is to be gone.")] = (
        _WEIGHTS.forbidden
    )
    balance: Annotated[
        Weight | None,
        Field(
            description="In sum: 0 is the picture alone, 1 the words alone. "
            "Default: what text_weight and image_weight come to."
        ),
    ] = None

    @model_validator(mode="after")
    def _parts_of_a_target(self) -> Self:
        if not self.target and (
            self.desired or self.preserve or self.forbidden or self.paraphrases
        ):
            raise sentence(
                "desired, preserve, forbidden and paraphrases are parts of a target; "
                "give target with them"
            )
        return self

    def query(self, picture: ImageSource | None) -> Query:
        """Return the query; see ``SearchParameters.query``.

        Raises:
            InvalidValueError: a part that the mode needs is missing.
        """
        return Query(
            images=self.sources(picture),
            instruction=self.text,
            mode=self.mode or Mode.ROLES,
            caption=self.caption or None,
            target=self._target(),
            weights=Weights(
                self.weight_target,
                self.weight_desired,
                self.weight_preserve,
                self.weight_image,
                self.weight_forbidden,
            ),
            balance=self._balance(),
            excluded_texts=self.excluded_texts,
            excluded_images=[Indexed(id) for id in self.excluded_images],
            excluded_weight=self.excluded_weight,
            filters=self.filters(),
        )

    def words(self, usual: WordsSettings, key: str) -> WordsSettings:
        """Return which captioners and composers are asked.

        Args:
            usual: Those that are asked unless the request names others.
            key: For the language model, if the request brought one along.
        """
        settings = usual.with_key(key) if key else usual
        if self.captioner is not None:
            settings = replace(settings, captioners=(self.captioner,))
        if self.composer is not None:
            settings = replace(settings, composers=(self.composer,))
        return settings

    def _balance(self) -> float:
        if self.balance is not None:
            return self.balance
        both = self.text_weight + self.image_weight
        return self.text_weight / both if both else 0.5

    def _target(self) -> Target | None:
        if not self.target:
            return None
        lists = (self.desired, self.preserve, self.forbidden, self.paraphrases)
        return Target(self.target, *map(tuple, lists))


class LinkSearch(SearchParameters):
    """A search by words or pictures of the gallery, as a query string."""

    q: Annotated[Text, Field(description="A short name for text.")] = ""

    @model_validator(mode="after")
    def _one_text(self) -> Self:
        if self.q and self.text and self.q != self.text:
            raise sentence("q and text are two names of one thing; give one of them")
        self.text = self.text or self.q
        return self
