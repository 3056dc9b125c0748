"""What checks say, in the languages of a course: written in English where it arises, translated by its form.

A catalogue maps each sentence, or part of one, that a check may put together to what it is in another language:

    "for {inputs}: {problem}": "{inputs} のとき：{problem}"

`{name}` stands for what the check puts there; what is itself in the catalogue is translated, too. The kit's
own sentences are in `<language>.yaml` beside this file, those of a course in `checks/<language>/*.yaml`.
"""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from autograder.errors import CourseError
from autograder.text import MAX_TEXT, in_language, is_japanese
from autograder.words import LOADER

__all__ = ["Catalogue", "catalogue_of", "in_languages"]

OWN_WORDS = 3
"""Letters of its own that make a form certain. One with fewer counts where a part of it is known as well."""

MOST_SPLITS = 20
"""Ways to divide one text by one form that are tried."""

MOST_TRIES = 2_000
"""Divisions that are tried for one message, whatever a student has made it hold."""

MOST_DEEP = 8
"""Parts inside parts of a message."""

CLAUSE = 4
"""Words of English one after another that are no name of anything: translated in part, nobody could read them."""

_WORD = re.compile(r"(?<![\w.(])[a-z]{2,}(?![\w.(=])")
_WIDE = r"\u3001-\u303f\u3040-\u30ff\u4e00-\u9fff\uff08\uff09\uff1a"
_NEEDLESS_SPACE = re.compile(rf"(?<=[{_WIDE}]) +(?=[{_WIDE}])")
"""Between two words of Japanese, which were put together from parts."""


@dataclass(frozen=True, kw_only=True)
class _Form:
    """A sentence of a catalogue: the words between what is put in, the names of that, the translation."""

    words: tuple[str, ...]
    names: tuple[str, ...]
    translation: str

    @classmethod
    def of(cls, sentence: str, translation: str) -> _Form:
        words, names = [""], []
        for literal, name, _, _ in string.Formatter().parse(sentence):
            words[-1] += literal
            if name is not None:
                names.append(name)
                words.append("")
        wanted = {name for _, name, _, _ in string.Formatter().parse(translation) if name is not None}
        if not wanted <= set(names) or len(set(names)) != len(names):
            raise ValueError(f"names of {sentence!r} and of its translation do not fit")
        return cls(words=tuple(words), names=tuple(names), translation=translation)

    @property
    def letters(self) -> int:
        return sum(letter.isalpha() for word in self.words for letter in word)

    def divisions(self, text: str) -> Iterator[tuple[str, ...]]:
        """What may have been put in, where the text has this form."""
        first, *between, last = self.words if self.names else (*self.words, "")
        if not self.names:
            if text == first:
                yield ()
        elif text.startswith(first) and text.endswith(last) and len(text) >= len(first) + len(last):
            yield from _divided(text[len(first) : len(text) - len(last)], between)


class Catalogue:
    """The sentences of one language.

    Raises:
        ValueError: A translation names what its sentence does not have.
    """

    def __init__(self, sentences: Mapping[str, str]) -> None:
        forms = [_Form.of(*pair) for pair in sentences.items()]
        self._forms = sorted(forms, key=lambda form: (not form.words[0], -form.letters))

    def translated(self, message: str) -> str | None:
        """A message of a check; None where its form is not known."""
        found = self._translated(message, {}, [MOST_TRIES], MOST_DEEP)
        return None if found is None else _NEEDLESS_SPACE.sub("", found)

    def _translated(self, text: str, known: dict[str, str | None], left: list[int], deep: int) -> str | None:
        if not text or len(text) > MAX_TEXT or not deep:
            return None
        if text not in known:
            known[text] = None  # a part that holds the whole ends here
            known[text] = next(self._translations(text, known, left, deep - 1), None)
        return known[text]

    def _translations(
        self, text: str, known: dict[str, str | None], left: list[int], deep: int
    ) -> Iterator[str]:
        torn = []  # taken only where nothing else fits: what a student wrote may hold a bracket alone
        for form in self._forms:
            best: tuple[tuple[bool, int], dict[str, str]] | None = None
            for number, parts in enumerate(form.divisions(text)):
                left[0] -= 1
                if number == MOST_SPLITS or left[0] < 0:
                    break
                found = [self._translated(part, known, left, deep) for part in parts]
                translated = [part if one is None else one for part, one in zip(parts, found, strict=True)]
                if not form.words[0] and parts and found[0] is None and _is_no_part(parts[0]):
                    continue
                score = all(map(_balanced, parts)), sum(one is not None for one in found)
                if best is None or score > best[0]:
                    best = score, dict(zip(form.names, translated, strict=True))
            if best is not None and (best[0][1] or form.letters >= OWN_WORDS or not form.names):
                found_here = form.translation.format(**best[1])
                if best[0][0]:
                    yield found_here
                else:
                    torn.append(found_here)
        yield from torn


def _is_no_part(start: str) -> bool:
    """Whether what would begin a sentence does not: the place before a colon, a clause, words in two languages."""
    return (
        ": " in start
        or len(_WORD.findall(start)) >= CLAUSE
        or in_language(start, "ja") != in_language(start, "en")
    )


def _balanced(part: str) -> bool:
    """Whether it has been cut out of no list, dict or call: each bracket closes one that was opened before it."""
    open_now = ""
    for letter in part:
        if letter in "([{":
            open_now += letter
        elif letter in ")]}":
            if open_now[-1:] + letter not in ("()", "[]", "{}"):
                return False
            open_now = open_now[:-1]
    return not open_now


def _divided(text: str, between: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The parts of a text between these words, the first ones as short as can be at first."""
    if not between:
        yield (text,)
        return
    place, more = text.find(between[0]), True
    while place >= 0 and more:
        more = False  # what does not follow here follows nowhere later
        for rest in _divided(text[place + len(between[0]) :], between[1:]):
            more = True
            yield (text[:place], *rest)
        place = text.find(between[0], place + 1)


@functools.cache
def catalogue_of(language: str, checks: Path) -> Catalogue | None:
    """The catalogue of a language: the kit's sentences and those of a course; None where there are none.

    Raises:
        CourseError: A file of the course's is no catalogue.
    """
    sentences: dict[str, str] = {}
    paths = [Path(__file__).with_name(f"{language}.yaml"), *sorted((checks / language).glob("*.yaml"))]
    for path in filter(Path.is_file, paths):
        try:
            read = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER) or {}
            Catalogue(read)
        except (yaml.YAMLError, ValueError, AttributeError, TypeError) as error:
            raise CourseError(f"{path}: expected sentences and their translations: {error}") from error
        sentences |= read
    return Catalogue(sentences) if sentences else None


def in_languages(message: str, languages: Sequence[str], checks: Path) -> str:
    """A message in the languages of an assignment, "日本語 / English"; as it is where it is not known.

    What a student wrote in Japanese may be quoted in it: then it is given in Japanese only, so that its
    languages can always be told apart (`autograder.text.in_language`).

    Args:
        message: As a check has said it; what says both already, as the visible part of a test does, stays so.
        languages: Those of the assignment, the first one first; none for English.
    """
    if not message or message == f"{in_language(message, 'en')} / {in_language(message, 'ja')}":
        return message
    texts = []
    for language in languages:
        catalogue = None if language == "en" else catalogue_of(language, checks)
        found = message if catalogue is None else catalogue.translated(message)
        if found is None:
            return message
        texts.append(found.replace(" / ", "／"))
    if not texts or set(texts) == {message}:
        return message
    return (
        next(filter(is_japanese, texts), message)
        if is_japanese(message)
        else " / ".join(dict.fromkeys(texts))
    )
