from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient

from masterx.web.security_headers import SecurityHeaders


def test_every_answer_carries_the_policy_also_one_that_failed() -> None:
    app = FastAPI()
    app.add_middleware(SecurityHeaders)
    with TestClient(app) as client:
        headers = client.get("/nothing").headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["referrer-policy"] == "same-origin"
