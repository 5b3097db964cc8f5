"""Judgements, as OpenAPI describes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sightline.server.schemas.fields import ImageId, Text


class JudgementRequest(BaseModel):
    """What is said of one picture as an answer to a question: words, a picture, or both."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"text": "a sailboat at sunset", "image": 12, "grade": 1},
                {"picture": 3, "image": 12, "grade": None},
            ]
        },
    )

    text: Annotated[Text, Field(description="What was searched for, in words.")] = ""
    picture: Annotated[
        ImageId | None, Field(description="What was searched for, by a picture of the gallery.")
    ] = None
    image: Annotated[ImageId, Field(description="The picture that is judged.")]
    grade: Annotated[
        int | None,
        Field(ge=0, le=10, description="0: not relevant. 1 or more: relevant. None: no judgement."),
    ]


class JudgementsAnswer(BaseModel):
    """The grades of answers to one question."""

    text: str
    picture: int | None
    grades: Annotated[dict[int, int], Field(description="By the ids of pictures.")]


class JudgedQuestion(BaseModel):
    """A question, and how many answers to it were judged."""

    text: str
    picture: int | None
    relevant: int
    not_relevant: int


class QuestionsAnswer(BaseModel):
    """The questions that answers were judged to, in the order these were asked."""

    questions: list[JudgedQuestion]
