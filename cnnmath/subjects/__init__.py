"""What a lecture on convolutional networks derives: subjects in chapters, each step checked by the machine."""

from cnnmath.subjects.chapters import CHAPTERS
from cnnmath.subjects.derive import derive, named
from cnnmath.subjects.subject import Chapter, Subject

__all__ = ["CHAPTERS", "Chapter", "Subject", "derive", "named"]
