"""Reads texts in this thread: tokens, pieces, one run of the network, a reading each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from masterx.encoder import heads
from masterx.encoder.files import FOLDER, ModelFacts, ModelFiles, check_files
from masterx.encoder.heads import Outputs, TextOutputs
from masterx.encoder.language import english_confidence
from masterx.encoder.pieces import Pieces, cut, grouped
from masterx.encoder.text import prepared
from masterx.encoder.words import WordModel
from masterx.errors import EncoderUnavailable
from masterx.records.readings import LANGUAGE_DOUBT, Reading

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MOST_TOKENS = 160
"""In one run of the network, padding included. More at once takes longer a text: it no longer fits the caches."""
OUTPUTS = ("embedding", "labels", "dimensions", "categories", "states", "distress")


@dataclass(frozen=True, slots=True, eq=False)
class _TakenIn:
    """What a text gives without the network. All of it is worked out before the network runs, whose 24 MB leave the
    processor's caches empty for whatever comes next.
    """

    pieces: Pieces
    opinion: Sequence[float] | None
    """Of the words; None without any token."""


class TextModel:
    """Safe to share between threads; each call runs in its caller's."""

    def __init__(
        self, facts: ModelFacts, session: InferenceSession, tokenizer: Tokenizer, words: WordModel | None
    ) -> None:
        self._facts = facts
        self._session = session
        self._tokenizer = tokenizer
        self._words = words
        self._first, self._last = (self._token(name) for name in ("[CLS]", "[SEP]"))
        self._sentence_ends = frozenset(self._token(mark) for mark in (".", "!", "?"))

    @classmethod
    def load(cls, folder: Path = FOLDER, threads: int = 1) -> TextModel:
        """Raises EncoderUnavailable where a file is missing, damaged or none that onnxruntime can run."""
        files = check_files(folder)
        tokenizer, session = _open(files, threads)
        try:
            words = WordModel.load(files.words) if files.facts.word_share else None
        except (OSError, ValueError, KeyError) as error:
            raise EncoderUnavailable(details={"file": files.words.name}) from error
        return cls(files.facts, session, tokenizer, words)

    @property
    def facts(self) -> ModelFacts:
        return self._facts

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """One reading a text, in order; `ms` is the time of all together."""
        started = time.perf_counter()
        taken_in = [self._take_in(text) for text in texts]
        confidences = [english_confidence(text) for text in texts]
        outputs = self._outputs(taken_in)
        ms = (time.perf_counter() - started) * 1000
        return [
            self._reading(each, one.pieces, confidence, ms)
            for each, one, confidence in zip(outputs, taken_in, confidences, strict=True)
        ]

    def outputs(self, texts: Sequence[str]) -> list[TextOutputs]:
        """The network's outputs for each text, its pieces joined and the opinion of the words mixed in."""
        return self._outputs([self._take_in(text) for text in texts])

    def _outputs(self, texts: Sequence[_TakenIn]) -> list[TextOutputs]:
        every = self._run([window for text in texts for window in text.pieces.windows])
        results, start = [], 0
        for text in texts:
            windows = text.pieces.windows
            if not windows:
                results.append(heads.blank(self.facts))
                continue
            rows = every if len(texts) == 1 else every.rows(slice(start, start + len(windows)))
            outputs = heads.joined(rows, [len(window) for window in windows])
            results.append(outputs if text.opinion is None else heads.with_opinion(outputs, text.opinion, self.facts))
            start += len(windows)
        return results

    def scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What thresholds are held against: one row a text, one column a label; no language is left out."""
        return heads.sigmoid(np.array([each.labels for each in self.outputs(texts)], dtype=np.float32))

    def dimensions(self, texts: Sequence[str]) -> list[tuple[float, float, float]]:
        """Valence, arousal and dominance of each text; no language is left out."""
        return [heads.dimension_values(each.dimensions, self.facts) for each in self.outputs(texts)]

    def tokens(self, text: str) -> int:
        """How many the text is cut into, without markers."""
        return len(self._tokenizer.encode(prepared(text)[0], add_special_tokens=False).ids)

    def _take_in(self, text: str) -> _TakenIn:
        words, covered = prepared(text)
        tokens = self._tokenizer.encode(words, add_special_tokens=False).ids
        pieces = cut(tokens, self.facts.window, self._sentence_ends)
        opinion = self._words.opinion(words).tolist() if self._words is not None and pieces.windows else None
        return _TakenIn(Pieces(pieces.windows, pieces.covered * covered), opinion)

    def _run(self, windows: Sequence[tuple[int, ...]]) -> Outputs:
        """Rows in the order of the windows."""
        lengths = [len(window) + 2 for window in windows]
        parts: list[list[np.ndarray]] = []
        order: list[int] = []
        for group in grouped(lengths, MOST_TOKENS):
            ids = np.zeros((len(group), max(lengths[position] for position in group)), dtype=np.int64)
            for row, position in zip(ids, group, strict=True):
                row[: lengths[position]] = (self._first, *windows[position], self._last)
            feeds = {"ids": ids, "mask": (ids != 0).astype(np.int64)}
            parts.append(self._session.run(OUTPUTS, feeds))
            order += group
        if not parts:
            return Outputs(*(np.zeros((0, 0), dtype=np.float32) for _ in OUTPUTS))
        if len(parts) == 1 and order == sorted(order):
            return Outputs(*parts[0])
        back = np.argsort(order)
        return Outputs(*(np.concatenate(arrays)[back] for arrays in zip(*parts, strict=True)))

    def _reading(self, outputs: TextOutputs, pieces: Pieces, confidence: float, ms: float) -> Reading:
        facts = self.facts
        if confidence < LANGUAGE_DOUBT:
            outputs = heads.without_emotion(outputs, facts)
        logits = outputs.labels
        valence, arousal, dominance = heads.dimension_values(outputs.dimensions, facts)
        categories = heads.shares(outputs.categories, facts.categories, facts.category_temperature)
        category = max(categories, key=categories.__getitem__)
        return Reading(
            embedding=outputs.embedding,
            probabilities=heads.calibrated(logits, facts),
            labels=heads.chosen_labels([heads.logistic(logit) for logit in logits], facts),
            valence=valence,
            arousal=arousal,
            dominance=dominance,
            category=category,
            category_certainty=categories[category],
            categories=categories,
            states=heads.shares(outputs.states, facts.states, facts.state_temperature),
            distress=heads.logistic(outputs.distress),
            language_confidence=confidence,
            covered=pieces.covered,
            pieces=len(pieces.windows),
            version=facts.version,
            ms=ms,
        )

    def _token(self, text: str) -> int:
        number: int | None = self._tokenizer.token_to_id(text)
        if number is None:
            raise EncoderUnavailable("A file of the text encoder is damaged.", details={"token": text})
        return number


def _open(files: ModelFiles, threads: int) -> tuple[Tokenizer, InferenceSession]:
    # Both libraries take a quarter of a second to import, which commands that read nothing need not wait for.
    try:
        import onnxruntime  # noqa: PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415
    except ImportError as error:
        raise EncoderUnavailable(details={"library": error.name}) from error

    # What either raises of a file that it cannot use derives from Exception alone.
    try:
        tokenizer = Tokenizer.from_file(str(files.tokenizer))
    except Exception as error:
        raise EncoderUnavailable(details={"file": files.tokenizer.name}) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The file has its operators joined already (training/graph.py); more than this joins what is faster apart.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    # The arena would keep what the longest batch ever took.
    options.enable_cpu_mem_arena = False
    try:
        session = onnxruntime.InferenceSession(str(files.network), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise EncoderUnavailable(details={"file": files.network.name}) from error
    return tokenizer, session
