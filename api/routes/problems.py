"""The refusals that routes declare in the OpenAPI description."""

from typing import Any

from api.schema import Problem, Refusal

REASONS = {
    400: "the body cannot be read",
    401: "no token, or one that is not known",
    403: "the token may only read, or is not an administrator's",
    404: "does not exist, or is someone else's",
    409: "not as things stand",
    413: "the body is too large",
    422: "something in the request does not fit",
    503: "not available here, or not just now",
}
Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """The `responses` of a route that may answer with these; 401 and 503 go without saying."""
    all_of_them = sorted({401, 503, *statuses})
    return {status: {"model": Refusal if status == 422 else Problem, "description": REASONS[status]} for status in all_of_them}


WRITES = (400, 403, 413)
"""What every route with a body may answer."""
