"""What stands beside the network: model.json, the digests, and the model card with the figures in their places."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from training import data
from training.retrieval import CHECKS


def write_facts(folder: Path, facts: dict[str, object]) -> None:
    """model.json and the digests of all files."""
    (folder / "model.json").write_text(json.dumps(facts, indent=1) + "\n")
    names = ("encoder.onnx", "tokenizer.json", "words.npz", "model.json")
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in names]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")


def search_row(name: str, check: dict[str, Any]) -> str:
    """A line of the card's table of search."""
    shares = [f"{check[who]['first']:.3f}, {check[who]['in_five']:.3f}" for who in ("original", "ours")]
    gains = [check["gain_and_95_percent"][what] for what in ("first", "in_five")]
    change = ", ".join(f"{gain:+.3f} ({low:+.3f} to {high:+.3f})" for gain, low, high in gains)
    return f"| {name.replace('_', ' ')} | {check['queries']} | {' | '.join(shares)} | {change} |"


def head_row(name: str, judged: dict[str, Any]) -> str:
    """A line of the card's table of the small heads."""
    recalls = ", ".join(f"{label} {recall:.2f}" for label, recall in judged["recall"].items())
    return f"| {name.replace('_', ' ')} | {judged['texts']} | {judged['accuracy']} | {recalls} |"


def write_card(folder: Path, facts: dict[str, Any], figures: dict[str, Any]) -> None:
    """MODEL_CARD.md, with the figures in their places."""
    shipped = figures["shipped"]
    values = {
        "version": facts["version"],
        "fitted_heads": facts["heads"],
        "half": shipped["at_half"],
        "fitted": shipped["cross_fitted"],
        "int8": figures["int8"]["cross_fitted"],
        "fp32": figures["fp32"]["cross_fitted"],
        "words": figures["words"]["cross_fitted"],
        "calibration": figures["calibration_error"],
        "vad": " / ".join(str(r) for r in figures["vad_r"]),
        "vad_network": " / ".join(str(r) for r in figures["vad_r_network"]),
        "labels": ", ".join(f"{name} {f1:.2f}" for name, f1 in shipped["labels"].items()),
        "whole": sum(len(data.labelled_by_hand(path)) for path in (data.FOLDER / "messages").glob("*.tsv")),
        "heads": "\n".join(head_row(name, figures["heads"][name]) for name in sorted(figures["heads"])),
        "rank": figures["embedding"]["rank_correlation"],
        "cosine": figures["embedding"]["cosine"],
        "search": "\n".join(search_row(name, figures["embedding"][name]) for name in CHECKS),
    }
    (folder / "MODEL_CARD.md").write_text((data.FOLDER / "card.md").read_text().format(**values))
