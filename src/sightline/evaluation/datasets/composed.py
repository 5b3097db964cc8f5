"""Topics of a reference picture and words, asked in whole or in part."""

from __future__ import annotations

from sightline.evaluation.tasks import Picture, QueryMode, Topic


def composed_topic(
    id: str, mode: QueryMode, reference: Picture, own: str | None, words: str
) -> Topic:
    """Return a composed query, or its picture or words alone: the baselines that it must beat."""
    return Topic(
        id,
        texts=() if mode is QueryMode.IMAGE else (words,),
        image=None if mode is QueryMode.TEXT else reference,
        own=own,
    )
