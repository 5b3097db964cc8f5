"""Judging answers: what people say of pictures that a query found, for `sightline eval mine`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict, Field

from sightline.gallery import Gallery
from sightline.server.schemas.fields import ImageId, Text
from sightline.server.service import ServiceDep
from sightline.types import Judgement, Question

router = APIRouter(tags=["judgements"])


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


@router.get("/judgements/questions", summary="What was judged")
def questions(service: ServiceDep) -> QuestionsAnswer:
    """Every question that answers were judged to, in the order these were asked."""
    judged: dict[Question, list[int]] = {}
    for said in service.gallery.judgements():
        judged.setdefault(said.question, []).append(said.grade)
    return QuestionsAnswer(
        questions=[
            JudgedQuestion(
                text=question.text,
                picture=question.picture,
                relevant=sum(grade > 0 for grade in grades),
                not_relevant=sum(grade == 0 for grade in grades),
            )
            for question, grades in judged.items()
        ]
    )


@router.get("/judgements", summary="What was said of answers to a question")
def judgements(
    service: ServiceDep,
    text: Annotated[Text, Query(description="What was searched for, in words.")] = "",
    picture: Annotated[
        ImageId | None, Query(description="What was searched for, by a picture of the gallery.")
    ] = None,
) -> JudgementsAnswer:
    """The grades that pictures got as answers to a question."""
    return _said(service.gallery, Question(text, picture))


@router.put("/judgements", summary="Judge an answer")
def judge(service: ServiceDep, asked: Annotated[JudgementRequest, Body()]) -> JudgementsAnswer:
    """Say whether a picture is a right answer to a question; the last word on it counts."""
    question = Question(asked.text, asked.picture)
    said = Judgement(question, asked.image, asked.grade or 0)
    if asked.grade is None:
        service.gallery.take_back(said)
    else:
        service.gallery.judge(said)
    return _said(service.gallery, question)


def _said(gallery: Gallery, question: Question) -> JudgementsAnswer:
    grades = {
        said.picture: said.grade for said in gallery.judgements() if said.question == question
    }
    return JudgementsAnswer(text=question.text, picture=question.picture, grades=grades)
