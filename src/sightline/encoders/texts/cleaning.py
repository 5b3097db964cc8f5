"""What is done to a text before its tokeniser, so that it reads as the texts did in training.

Source: openai/CLIP ``simple_tokenizer.py`` and open_clip's ``tokenizer.py`` (``basic_clean``,
``whitespace_clean``, ``canonicalize_text``); transformers' ``SiglipTokenizer``.
"""

from __future__ import annotations

import html
import re
import string

from sightline.encoders.table import ModelTraits

# No step of ftfy and no HTML entity can start from these alone; tests prove it. Importing ftfy
# takes longer than a search by words, and nearly all searches are such texts.
_PLAIN = re.compile(r"[ -%'-~\t\n\r]*")  # printable ASCII without "&"
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def clean_text(text: str, traits: ModelTraits) -> str:
    """Return a text as the tokeniser of a model with these traits is to get it; "" if none is left.

    Args:
        text: As someone typed it. Half a surrogate pair in it becomes U+FFFD.
        traits: Of the model.
    """
    text = whole_characters(text)
    if traits.lowercase and not traits.cleanup:
        text = text.lower()  # before punctuation goes, which tells where a Greek word ends
    if traits.cleanup:
        text = mended(text)
    if not traits.punctuation:
        # big_vision's rule, which open_clip follows; transformers drops an underscore.
        text = text.replace("_", " ") if traits.cleanup else text
        text = text.translate(_PUNCTUATION)
    if traits.cleanup or not traits.punctuation:
        text = " ".join(text.split())
    if traits.lowercase:
        text = text.lower()
    return text.strip()


def whole_characters(text: str) -> str:
    """Return a text with surrogate pairs joined, and U+FFFD for half of one.

    Broken JSON escapes and file names give such halves, and no tokeniser takes them.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def mended(text: str) -> str:
    """Return a text with garbled characters put right and HTML entities resolved, as for CLIP."""
    if _PLAIN.fullmatch(text):
        return text
    import ftfy

    # Twice, because texts from web pages are often escaped twice.
    return html.unescape(html.unescape(ftfy.fix_text(text)))
