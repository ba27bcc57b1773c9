"""Words at which a frame applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retorsion.news.article import Article, Sentence
from retorsion.news.frames import Frame
from retorsion.news.who import Who

if TYPE_CHECKING:
    from spacy.tokens import Token


@dataclass(frozen=True, slots=True)
class Hit:
    """A frame and the words at which it applies.

    Attributes:
        frame: The frame.
        trigger: The verb or noun that says the act.
        verb: The verb that the act hangs on; the trigger itself where that is a verb.
        acted: What is acted upon.
        sentence: The sentence.
        who: States behind phrases, as far as the article was read.
    """

    frame: Frame
    trigger: Token
    verb: Token
    acted: tuple[Token, ...]
    sentence: Sentence
    who: Who

    @property
    def article(self) -> Article:
        """The article."""
        return self.who.article

    @property
    def is_verbal(self) -> bool:
        """Whether a verb says the act."""
        return bool(self.trigger == self.verb)
