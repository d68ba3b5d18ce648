"""Every error that MasterX raises on purpose.

    MasterXError
    ├── InvalidInput               422  the caller's value cannot be used
    ├── Unauthenticated            401
    ├── Forbidden                  403
    │   └── CrossSite              403  another site's page sent it with this person's cookies
    ├── NotFound                   404  absent, or somebody else's: the two look the same
    ├── Conflict                   409
    │   ├── AlreadyRegistered      409
    │   └── RequestInProgress      409  the same idempotency key is still being worked on
    ├── IdempotencyMismatch        422  the key was used before with another body
    ├── RateLimited                429
    ├── BudgetExceeded             402
    ├── ShuttingDown               503  this process was told to stop; another takes the request
    ├── ConfigurationError         500  the operator has to change a setting
    ├── DatabaseError              500
    │   └── DatabaseUnavailable    503  locked or gone; heals by itself
    ├── EmotionDetectionError      500
    │   └── EncoderUnavailable     503  a file of the text encoder is missing or damaged, or cannot be loaded
    ├── BenchmarkError             500
    ├── BackupError                500  a backup that cannot be made, read or restored
    └── ProviderError              502  one call to one model failed
        ├── ProviderDisabled       503  an operator switched it off: it was not called
        ├── ProviderRejected       502  the provider refused the request itself
        ├── ProviderAuthError      502  key missing, wrong or without rights
        ├── ProviderRateLimited    502  429, with the time to wait where it was given
        ├── ProviderUnavailable    502  refused, DNS, 5xx, overloaded
        ├── ProviderTimeout        502  connect, first token, stall or total
        ├── ProviderProtocolError  502  an answer that is not one: bad JSON, wrong type, empty
        ├── ProviderBrokeOff       502  the stream ended without a finish reason
        └── NoProviderAvailable    503  nobody is left to ask; details say who was tried and why

``message`` is safe to show to any caller. ``details`` is shown too, so it holds no key, no text of a
message, no address of a person and no text that a driver or a vendor wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class MasterXError(Exception):
    """Base of the tree: a stable code, an HTTP status, and whether the same call may work later."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    default_message: ClassVar[str] = "Something went wrong on this server."
    default_retry_after: ClassVar[float | None] = None

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        """``retry_after`` is in seconds and becomes the header of that name."""
        self.message = message or self.default_message
        self.details: dict[str, Any] = dict(details or {})
        self.retry_after = self.default_retry_after if retry_after is None else retry_after
        super().__init__(self.message)


class InvalidInput(MasterXError):
    code = "invalid_input"
    status = 422
    default_message = "That value cannot be used."


class Unauthenticated(MasterXError):
    code = "unauthenticated"
    status = 401
    default_message = "Sign in first."


class Forbidden(MasterXError):
    code = "forbidden"
    status = 403
    default_message = "This account may not do that."


class CrossSite(Forbidden):
    code = "cross_site"
    default_message = "That request did not come from a page of this server."


class NotFound(MasterXError):
    code = "not_found"
    status = 404
    default_message = "There is nothing here."


class Conflict(MasterXError):
    code = "conflict"
    status = 409
    default_message = "That does not fit what is there already."


class AlreadyRegistered(Conflict):
    code = "already_registered"
    default_message = "An account with that e-mail exists."


class RequestInProgress(Conflict):
    code = "request_in_progress"
    retryable = True
    default_message = "The same request is still being answered."
    default_retry_after = 2


class IdempotencyMismatch(MasterXError):
    code = "idempotency_mismatch"
    status = 422
    default_message = "That Idempotency-Key was used before with a different body."


class RateLimited(MasterXError):
    code = "rate_limited"
    status = 429
    retryable = True
    default_message = "A little fast for this server."


class BudgetExceeded(MasterXError):
    code = "budget_exceeded"
    status = 402
    default_message = "The budget is used up for now."


class ConfigurationError(MasterXError):
    code = "configuration_error"
    default_message = "A setting of this server has to be changed."


class ShuttingDown(MasterXError):
    code = "shutting_down"
    status = 503
    retryable = True
    default_message = "This server is about to stop; ask another, or again."
    default_retry_after = 1


class DatabaseError(MasterXError):
    code = "database_error"
    default_message = "The database refused that."


class DatabaseUnavailable(DatabaseError):
    code = "database_unavailable"
    status = 503
    retryable = True
    default_message = "The database is not reachable just now. Nothing was lost; try again."
    default_retry_after = 1


class EmotionDetectionError(MasterXError):
    code = "emotion_detection_error"


class EncoderUnavailable(EmotionDetectionError):
    code = "encoder_unavailable"
    status = 503
    default_message = "The text encoder is not available."


class BenchmarkError(MasterXError):
    code = "benchmark_error"


class BackupError(MasterXError):
    """Read by whoever runs the command: ``message`` may name files of theirs."""

    code = "backup_error"
    default_message = "The backup cannot be used."


class ProviderError(MasterXError):
    """One call to one provider failed; ``provider`` is its registered name."""

    code = "provider_error"
    status = 502
    default_message = "The model did not answer."

    def __init__(
        self,
        provider: str,
        message: str | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, details=details, retry_after=retry_after)
        self.provider = provider


class ProviderDisabled(ProviderError):
    """It is passed over, whatever it would say."""

    code = "provider_disabled"
    status = 503
    default_message = "disabled by the operator"


class ProviderRejected(ProviderError):
    code = "provider_rejected"
    default_message = "The provider refused this request."


class ProviderAuthError(ProviderError):
    code = "provider_auth"
    default_message = "The provider did not accept the key."


class ProviderRateLimited(ProviderError):
    code = "provider_rate_limited"
    retryable = True
    default_message = "The provider asks to wait."


class ProviderUnavailable(ProviderError):
    code = "provider_unavailable"
    retryable = True
    default_message = "The provider is not reachable."


class ProviderTimeout(ProviderError):
    code = "provider_timeout"
    retryable = True
    default_message = "The provider took too long."


class ProviderProtocolError(ProviderError):
    code = "provider_protocol"
    retryable = True
    default_message = "The provider's answer could not be read."


class ProviderBrokeOff(ProviderError):
    code = "provider_broke_off"
    retryable = True
    default_message = "The answer broke off."


class NoProviderAvailable(ProviderError):
    """``details["tried"]`` lists ``{provider, code, reason}`` in the order of the attempts."""

    code = "no_provider_available"
    status = 503
    retryable = True
    default_message = "No model could answer just now."

    def __init__(self, message: str | None = None, *, details: Mapping[str, Any] | None = None) -> None:
        super().__init__("", message, details=details)
