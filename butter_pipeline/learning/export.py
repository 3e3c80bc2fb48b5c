"""The model as ONNX, for those who do not have LightGBM, and the gate that it must pass to be handed out.

What belongs here: writing the trees down as an ONNX graph, running it, and comparing. What does not: deciding, which
the native model alone does.

The graph takes `features` and `market_logit` and gives `probability`. It is written by hand rather than converted:
thresholds stay float64, and equal models give equal bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from butter_pipeline.learning.model import SuccessModel
from butter_pipeline.learning.samples import Floats

GRAPH = "success"
DECISIONS = (0.40, 0.60)
"""The probabilities at which a recommendation changes; no row may lie on another side in ONNX."""

_OPSETS = (("", 21), ("ai.onnx.ml", 5))
_IR_VERSION = 10
_LESS_OR_EQUAL, _SUM, _NO_TRANSFORM = 0, 1, 0
_DEFAULT_LEFT, _MISSING_SHIFT, _MISSING_IS_NAN = 2, 2, 2


@dataclass(frozen=True)
class Parity:
    """How ONNX compares with the native model on the rows of validation."""

    rows: int
    flips: int
    largest_difference: float

    @property
    def passed(self) -> bool:
        """Whether it may be handed out: no decision differs."""
        return self.rows > 0 and self.flips == 0


def to_onnx(model: SuccessModel) -> bytes | None:
    """The model as ONNX; none when it has no tree that tells anything apart."""
    from onnx import TensorProto, helper, numpy_helper

    split = [tree for tree in model.trees if int(tree["num_leaves"]) > 1]
    if not split:
        return None
    double = TensorProto.DOUBLE
    intercept = numpy_helper.from_array(np.array([[model.intercept]]), "intercept")
    graph = helper.make_graph(
        [
            helper.make_node("TreeEnsemble", ["features"], ["margin"], domain="ai.onnx.ml", **_ensemble(split)),
            helper.make_node("Add", ["intercept", "margin"], ["lift"]),
            helper.make_node("Add", ["market_logit", "lift"], ["log_odds"]),
            helper.make_node("Sigmoid", ["log_odds"], ["probability"]),
        ],
        GRAPH,
        [
            helper.make_tensor_value_info("features", double, [None, len(model.features)]),
            helper.make_tensor_value_info("market_logit", double, [None, 1]),
        ],
        [helper.make_tensor_value_info("probability", double, [None, 1])],
        [intercept],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS]
    made = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="butter_pipeline")
    return bytes(made.SerializeToString(deterministic=True))


def parity(model: SuccessModel, onnx: bytes, features: Floats, market_logit: Floats) -> Parity:
    """Compare the two on rows."""
    native = model.probability(features, market_logit)
    other = _run(onnx, features, market_logit)
    flips = sum(int(np.sum((native > p) != (other > p)) + np.sum((native < p) != (other < p))) for p in DECISIONS)
    return Parity(len(native), flips, float(np.max(np.abs(native - other), initial=0.0)))


def _run(onnx: bytes, features: Floats, market_logit: Floats) -> Floats:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    (made,) = session.run(None, {"features": features, "market_logit": market_logit[:, None]})
    found: Floats = made[:, 0]
    return found


def _ensemble(trees: Sequence[dict[str, str]]) -> dict[str, Any]:
    """The attributes of ONNX's TreeEnsemble: all trees' nodes in one list, all their leaves in another."""
    from onnx import numpy_helper

    nodes: dict[str, list[Any]] = {
        name: [] for name in ("feature", "split", "missing", "yes", "yes_leaf", "no", "no_leaf")
    }
    roots: list[int] = []
    weights: list[float] = []
    for tree in trees:
        root, first_leaf = len(nodes["split"]), len(weights)
        roots.append(root)
        weights += _numbers(tree["leaf_value"])
        nodes["feature"] += _whole(tree["split_feature"])
        nodes["split"] += _numbers(tree["threshold"])
        nodes["missing"] += [
            _missing_goes_left(kind, split)
            for kind, split in zip(_whole(tree["decision_type"]), _numbers(tree["threshold"]), strict=True)
        ]
        for name, line in (("yes", "left_child"), ("no", "right_child")):
            # LightGBM names leaf n by -n - 1.
            children = _whole(tree[line])
            nodes[name] += [first_leaf - child - 1 if child < 0 else root + child for child in children]
            nodes[f"{name}_leaf"] += [int(child < 0) for child in children]
    return {
        "n_targets": 1,
        "aggregate_function": _SUM,
        "post_transform": _NO_TRANSFORM,
        "tree_roots": roots,
        "nodes_modes": numpy_helper.from_array(np.full(len(nodes["split"]), _LESS_OR_EQUAL, np.uint8), "nodes_modes"),
        "nodes_featureids": nodes["feature"],
        "nodes_splits": numpy_helper.from_array(np.array(nodes["split"]), "nodes_splits"),
        "nodes_missing_value_tracks_true": nodes["missing"],
        "nodes_truenodeids": nodes["yes"],
        "nodes_trueleafs": nodes["yes_leaf"],
        "nodes_falsenodeids": nodes["no"],
        "nodes_falseleafs": nodes["no_leaf"],
        "leaf_targetids": [0] * len(weights),
        "leaf_weights": numpy_helper.from_array(np.array(weights), "leaf_weights"),
    }


def _missing_goes_left(decision_type: int, split: float) -> int:
    """Where LightGBM sends NaN: by the node's default, or as nought when training saw no NaN in the feature."""
    if decision_type >> _MISSING_SHIFT & 3 == _MISSING_IS_NAN:
        return int(bool(decision_type & _DEFAULT_LEFT))
    return int(split >= 0)


def _numbers(line: str) -> list[float]:
    return [float(part) for part in line.split()]


def _whole(line: str) -> list[int]:
    return [int(part) for part in line.split()]
