"""`sightline eval export-judgements` and `import-judgements`: what was said, as files."""

from __future__ import annotations

from typing import Annotated

import typer

from sightline.cli.console import complain, counted
from sightline.cli.options import GalleryOption, gallery_folder, named_path

_SHOWN = 5


def export_judgements(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="Where qrels.txt and topics.tsv go.")
    ],
    gallery: GalleryOption = None,
) -> None:
    """Write what was said of answers as TREC's qrels, with a table of the queries."""
    from sightline.evaluation.own.exchange import export_judgements as export
    from sightline.gallery import Gallery

    with Gallery.open(gallery_folder(gallery), create=False) as opened:
        count = export(opened, named_path(folder))
    complain(f"{counted(count, 'judgement')} in {named_path(folder) / 'qrels.txt'}")


def import_judgements(
    qrels: Annotated[str, typer.Argument(metavar="QRELS", help="Lines of QUERY 0 PICTURE GRADE.")],
    topics: Annotated[
        str, typer.Argument(metavar="TOPICS", help="Lines of QUERY, tab, words or a picture.")
    ],
    gallery: GalleryOption = None,
) -> None:
    """Read what was said of answers from files; what was said before of a picture is replaced.

    Pictures are named by their paths, or by the ends of these.
    """
    from sightline.evaluation.own.exchange import import_judgements as bring_in
    from sightline.gallery import Gallery

    with Gallery.open(gallery_folder(gallery), create=False) as opened:
        came = bring_in(opened, named_path(qrels), named_path(topics))
    complain(f"{counted(came.judgements, 'judgement')} stored")
    if came.unknown:
        complain(f"{counted(len(came.unknown), 'picture')} not in the gallery, so passed over:")
        for name in came.unknown[:_SHOWN]:
            complain(f"  {name}")
