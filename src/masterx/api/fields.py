"""What people type into requests about accounts: text without NUL, no longer than it can be."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StrictStr

from masterx.accounts import email, names, passwords


def _whole_text(value: str) -> str:
    if "\0" in value:
        raise ValueError("has to be without NUL characters")
    return value


Text = Annotated[StrictStr, AfterValidator(_whole_text)]

Email = Annotated[Text, Field(min_length=1, max_length=email.MAX_LENGTH, examples=["ada@example.org"])]
Password = Annotated[
    Text, Field(min_length=1, max_length=passwords.MAX_LENGTH, examples=["a long sentence of your own"])
]
Name = Annotated[Text, Field(min_length=1, max_length=names.MAX_LENGTH, examples=["Ada"])]
Secret = Annotated[Text, Field(min_length=1, max_length=200, examples=["Zb1uD4mFqk0aS3x2c8v7n6w5e4r3t2y1u0i9o8p7a6s"])]
"""Of a refresh token or a link."""
