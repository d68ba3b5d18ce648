"""The model's files: where they are, whether they are whole, and what model.json says of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from masterx.errors import EncoderUnavailable

FOLDER = Path(__file__).parent / "model"
NETWORK, TOKENIZER, WORDS, FACTS, CHECKSUMS = "encoder.onnx", "tokenizer.json", "words.npz", "model.json", "SHA256SUMS"

Numbers = tuple[float, ...]


class ModelFacts(BaseModel):
    """model.json: everything beside the weights that turns outputs into a reading. Lists follow `labels`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    """Of the network: embeddings of one version can be compared, and what is fitted on them holds for it alone."""
    heads: str
    """When the heads for category, state and distress were fitted, which changes no embedding."""
    window: Annotated[int, Field(gt=8, le=510)]
    """Tokens of a piece, without the two markers."""
    labels: tuple[str, ...]
    thresholds: Numbers
    """On the score: a label is chosen from here on."""
    slopes: Numbers
    """probability = sigmoid(slope * logit + offset)"""
    offsets: Numbers
    word_share: Annotated[float, Field(ge=0, le=1)]
    """How much the linear model over words has in a label's log-odds."""
    dimension_word_shares: tuple[float, float, float]
    """The same of valence, arousal and dominance."""
    dimension_scale: tuple[float, float, float]
    """Valence, arousal and dominance = output * scale + offset."""
    dimension_offset: tuple[float, float, float]
    categories: tuple[str, ...]
    category_temperature: Annotated[float, Field(gt=0)]
    states: tuple[str, ...]
    state_temperature: Annotated[float, Field(gt=0)]


@dataclass(frozen=True, slots=True)
class ModelFiles:
    folder: Path
    facts: ModelFacts

    @property
    def network(self) -> Path:
        return self.folder / NETWORK

    @property
    def tokenizer(self) -> Path:
        return self.folder / TOKENIZER

    @property
    def words(self) -> Path:
        return self.folder / WORDS


def check_files(folder: Path = FOLDER) -> ModelFiles:
    """Compare every file with its checksum and read model.json.

    Raises EncoderUnavailable, whose details name the file that is missing or damaged.
    """
    expected = _checksums(folder)
    for name in (NETWORK, TOKENIZER, WORDS, FACTS):
        if name not in expected or _digest(folder / name) != expected[name]:
            raise EncoderUnavailable("A file of the text encoder is damaged.", details={"file": name})
    try:
        facts = ModelFacts.model_validate_json((folder / FACTS).read_bytes())
    except (OSError, ValidationError) as error:
        raise EncoderUnavailable("A file of the text encoder cannot be read.", details={"file": FACTS}) from error
    return ModelFiles(folder, facts)


def _checksums(folder: Path) -> dict[str, str]:
    """Digest by file name, from lines as sha256sum writes them."""
    try:
        lines = (folder / CHECKSUMS).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EncoderUnavailable("A file of the text encoder is missing.", details={"file": CHECKSUMS}) from error
    pairs = (line.split() for line in lines)
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderUnavailable("A file of the text encoder is missing.", details={"file": path.name}) from error
