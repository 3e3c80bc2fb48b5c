"""The file of a model: one line of JSON that says what it is, then LightGBM's text.

What belongs here: bytes of a model, and back. What does not: where the file lies, and whether its bytes are those
that were kept (`store.objects`).
"""

import json

from butter_pipeline.errors import ButterError
from butter_pipeline.learning.model import KIND, SuccessModel

SUFFIX = "model"


class ModelFileError(ButterError):
    """A model's file cannot be used; the message is one line with its remedy."""


def dumps(model: SuccessModel) -> bytes:
    """The model as bytes; equal models give equal bytes."""
    header = {
        "kind": KIND,
        "content_hash": model.content_hash,
        "features": model.features,
        "intercept": model.intercept.hex(),
    }
    return (json.dumps(header, sort_keys=True) + "\n" + model.text).encode()


def loads(data: bytes, name: str) -> SuccessModel:
    """The model that the bytes hold; `name` is what the message calls it when they do not."""
    try:
        line, _, text = data.decode().partition("\n")
        header = json.loads(line)
        model = SuccessModel(tuple(header["features"]), float.fromhex(header["intercept"]), text)
        said = header["content_hash"]
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(
            f"{name}: is no model file ({' '.join(str(error).split())}); make the vintage again"
        ) from None
    if model.content_hash != said:
        raise ModelFileError(f"{name}: its trees are not those it says it holds; make the vintage again")
    return model
