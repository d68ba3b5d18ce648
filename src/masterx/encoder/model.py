"""Reads texts in this thread: tokens, pieces, one run of the network, a reading each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from masterx.encoder import heads
from masterx.encoder.files import FOLDER, ModelFacts, ModelFiles, check_files
from masterx.encoder.heads import Outputs
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
OUTPUTS = ("embedding", "labels", "dimensions", "categories", "states")


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
        cuts = [self._cut(text) for text in texts]
        outputs = self.outputs(texts, cuts)
        confidences = [english_confidence(text) for text in texts]
        ms = (time.perf_counter() - started) * 1000
        return [
            self._reading(each, pieces, confidence, ms)
            for each, pieces, confidence in zip(outputs, cuts, confidences, strict=True)
        ]

    def outputs(self, texts: Sequence[str], cuts: Sequence[Pieces] | None = None) -> list[Outputs]:
        """The network's outputs for each text, its pieces joined and the opinion of the words mixed in."""
        cuts = [self._cut(text) for text in texts] if cuts is None else cuts
        windows = [window for pieces in cuts for window in pieces.windows]
        every = self._run(windows)
        results, start = [], 0
        for text, pieces in zip(texts, cuts, strict=True):
            count = len(pieces.windows)
            if count == 0:
                results.append(heads.blank(self.facts))
                continue
            lengths = [len(window) for window in pieces.windows]
            results.append(self._mixed(heads.joined(every.rows(slice(start, start + count)), lengths), text))
            start += count
        return results

    def scores(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What thresholds are held against: one row a text, one column a label; no language is left out."""
        return np.stack([heads.sigmoid(each.labels[0]) for each in self.outputs(texts)])

    def dimensions(self, texts: Sequence[str]) -> list[tuple[float, float, float]]:
        """Valence, arousal and dominance of each text; no language is left out."""
        return [heads.dimension_values(each.dimensions[0], self.facts) for each in self.outputs(texts)]

    def tokens(self, text: str) -> int:
        """How many the text is cut into, without markers."""
        return len(self._tokenizer.encode(prepared(text)[0], add_special_tokens=False).ids)

    def _mixed(self, outputs: Outputs, text: str) -> Outputs:
        if self._words is None:
            return outputs
        return heads.with_opinion(outputs, self._words.opinion(prepared(text)[0]), self.facts)

    def _cut(self, text: str) -> Pieces:
        words, covered = prepared(text)
        tokens = self._tokenizer.encode(words, add_special_tokens=False).ids
        pieces = cut(tokens, self.facts.window, self._sentence_ends)
        return Pieces(pieces.windows, pieces.covered * covered)

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
            return heads.blank(self.facts)
        if len(parts) == 1 and order == sorted(order):
            return Outputs(*parts[0])
        back = np.argsort(order)
        return Outputs(*(np.concatenate(arrays)[back] for arrays in zip(*parts, strict=True)))

    def _reading(self, outputs: Outputs, pieces: Pieces, confidence: float, ms: float) -> Reading:
        facts = self.facts
        if confidence < LANGUAGE_DOUBT:
            outputs = heads.without_emotion(outputs, facts)
        logits = outputs.labels[0]
        valence, arousal, dominance = heads.dimension_values(outputs.dimensions[0], facts)
        categories = heads.shares(outputs.categories[0], facts.categories, facts.category_temperature)
        category = max(categories, key=categories.__getitem__)
        return Reading(
            embedding=outputs.embedding[0],
            probabilities=heads.calibrated(logits, facts),
            labels=heads.chosen_labels(heads.sigmoid(logits), facts),
            valence=valence,
            arousal=arousal,
            dominance=dominance,
            category=category,
            category_certainty=categories[category],
            categories=categories,
            states=heads.shares(outputs.states[0], facts.states, facts.state_temperature),
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
