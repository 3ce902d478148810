"""How bodies are described in the OpenAPI document."""


def json_body(example: dict) -> dict:
    """Returns what a route says of a body of JSON.

    Args:
        example: One that it takes.
    """
    kind = {"schema": {"type": "object"}, "example": example}
    return _body({"application/json": kind})


def picture_body() -> dict:
    """Returns what a route says of pictures that are uploaded."""
    file = {"type": "string", "format": "binary"}
    form = {
        "type": "object",
        "properties": {"file": {"type": "array", "items": file}},
    }
    return _body(
        {
            "multipart/form-data": {"schema": form},
            "image/*": {"schema": file},
        }
    )


def _body(content: dict) -> dict:
    return {"requestBody": {"required": True, "content": content}}
