"""xAPI statements of answers, held to the rules of the specification (ADL, 1.0.3, part 2, sections 2.4 and 4)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from masterx.api.practice import statement
from masterx.clock import new_id
from masterx.records.practice import PracticeMode, PracticeResponse

MOMENT = datetime(2026, 11, 23, 10, tzinfo=UTC)
ALLOWED = {"id", "actor", "verb", "object", "result", "context", "timestamp", "stored", "authority", "version", "attachments"}  # fmt: skip # noqa: E501

responses = st.builds(
    PracticeResponse,
    id=st.builds(new_id, st.just(MOMENT)),
    user_id=st.builds(new_id, st.just(MOMENT)),
    session_id=st.none(),
    subject=st.just("mathematics"),
    skill=st.sampled_from(["linear-equations", "gsm8k"]),
    item_id=st.sampled_from(["linear.two-steps", "gsm8k.train.1"]),
    seed=st.integers(0, 2**31),
    mode=st.sampled_from(PracticeMode),
    asked_at=st.just(MOMENT),
    answered_at=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC)),  # noqa: DTZ001 (made aware)
    answer=st.text(max_size=200),
    verdict=st.sampled_from(["accept", "reject"]),
    feedback=st.just("Right."),
    score=st.floats(0, 1),
    hints_taken=st.integers(0, 4),
    seconds=st.none() | st.floats(0, 86_400),
    difficulty=st.just(0.0),
    theta_before=st.just(0.0),
    theta_after=st.just(0.1),
)


@given(responses, st.sampled_from(["https://masterx.invalid", "https://tutor.example.org/learn/"]))
def test_a_statement_keeps_the_rules(response: PracticeResponse, home: str) -> None:
    found = json.loads(json.dumps(statement(response, home)))
    assert set(found) <= ALLOWED
    assert UUID(found["id"]).version is not None
    assert found["version"] == "1.0.3"
    actor = found["actor"]
    assert actor["objectType"] == "Agent"
    assert set(actor) - {"objectType", "name"} == {"account"}, "exactly one inverse functional identifier"
    assert is_iri(actor["account"]["homePage"])
    assert actor["account"]["name"] == response.user_id
    assert is_iri(found["verb"]["id"])
    assert all(re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", language) for language in found["verb"]["display"])
    assert found["object"]["objectType"] == "Activity"
    assert is_iri(found["object"]["id"])
    assert is_iri(found["object"]["definition"]["type"])
    assert found["object"]["definition"]["interactionType"] == "other"
    result = found["result"]
    assert -1 <= result["score"]["scaled"] <= 1
    assert isinstance(result["success"], bool)
    if response.seconds is not None:
        spent = re.fullmatch(r"PT(\d+\.\d{2})S", result["duration"])
        assert spent is not None, "a duration of ISO 8601, with two decimals at most"
        assert abs(float(spent[1]) - response.seconds) <= 0.01
    assert all(is_iri(name) for name in found["context"]["extensions"])
    assert all(is_iri(each["id"]) for each in found["context"]["contextActivities"]["grouping"])
    assert abs(datetime.fromisoformat(found["timestamp"]) - response.answered_at) < timedelta(seconds=1)


def is_iri(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and " " not in text
