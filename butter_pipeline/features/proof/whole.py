"""The whole proof: every family, every transform and the zoo, or one file of unseen functions.

What belongs here: doing all of it side by side and what is reported. What does not: any test.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from butter_pipeline.features.formulas import formulas
from butter_pipeline.features.proof import zoo
from butter_pipeline.features.proof.family import Proved, prove
from butter_pipeline.features.proof.foreign.calling.module import NoModule
from butter_pipeline.features.proof.foreign.many import judge_all, processes, tasks
from butter_pipeline.features.proof.foreign.verdict import CLEAN, FAILED, LEAK, Verdict
from butter_pipeline.features.proof.transforms import prove_transform
from butter_pipeline.features.registry import families, features
from butter_pipeline.features.transforms import transforms

Say = Callable[[str], None]


def counts() -> dict[str, int]:
    """How many features there are, and by how many formulas."""
    return {"features": len(features()), "formulas": len(set(formulas(features()).values()))}


def prove_everything(say: Say = lambda _: None, workers: int | None = None) -> dict[str, Any]:
    """The report of the whole proof; it holds if nothing mismatches, escapes or is accused."""
    began = time.perf_counter()
    proved = [_said(each, say) for each in _families(workers)]
    fitted = [prove_transform(each) for each in transforms()]
    house_seconds = time.perf_counter() - began
    judged = zoo.judge_zoo(lambda verdict: say(line(verdict)), workers)
    mismatches = [str(each) for family in proved for each in family.mismatches]
    mismatches += [each for transform in fitted for each in transform.mismatches]
    return {
        **counts(),
        "transforms": len(fitted),
        "cuts": sum(len(each.cuts) for each in proved),
        "comparisons": sum(each.comparisons for each in proved) + sum(each.comparisons for each in fitted),
        "mismatches": len(mismatches),
        "planted": len(judged.planted),
        "caught": judged.caught,
        "clean": len(judged.clean),
        "accused": len(judged.accused),
        "seconds": round(time.perf_counter() - began, 2),
        "proof_seconds": round(house_seconds, 2),
        "holds": not mismatches and judged.caught == len(judged.planted) and not judged.accused,
        "details": {
            "mismatches": mismatches,
            "escaped": list(judged.escaped),
            "accused": list(judged.accused),
            "families": {each.family: _family(each) for each in proved},
            "planted": [each.as_json() for each in judged.planted],
            "clean": [each.as_json() for each in judged.clean],
        },
    }


def prove_file(file: Path, seconds: float, say: Say = lambda _: None, workers: int | None = None) -> dict[str, Any]:
    """The report on a file of unseen functions; it holds if all of them are clean."""
    began = time.perf_counter()
    asked = tasks(file, seconds)
    if not asked:
        raise NoModule(f"{file}: holds no function to judge; those whose names begin with _ are helpers")
    judged = judge_all(asked, lambda verdict: say(line(verdict)), workers)
    count = {outcome: sum(each.outcome == outcome for each in judged) for outcome in (LEAK, CLEAN, FAILED)}
    return {
        "module": str(file),
        "judged": len(judged),
        "leaks": count[LEAK],
        "clean": count[CLEAN],
        "failed": count[FAILED],
        "cuts": sum(each.cuts for each in judged),
        "seconds": round(time.perf_counter() - began, 2),
        "holds": count[CLEAN] == len(judged),
        "functions": [each.as_json() for each in judged],
    }


def line(verdict: Verdict) -> str:
    """A verdict in one line."""
    said = f"{verdict.name}: {verdict.outcome}"
    if verdict.outcome == LEAK:
        return f"{said}: {'; '.join(verdict.kinds)}. {verdict.finding}"
    if verdict.outcome == FAILED:
        return f"{said}: {verdict.error}"
    return f"{said} as {verdict.form}, {verdict.cuts} cuts, {verdict.calls} calls"


def _families(workers: int | None) -> Iterator[Proved]:
    """The proofs of all families, by name: side by side in as many processes, or here in one."""
    count = workers or os.cpu_count() or 1
    if count == 1:
        yield from map(prove, families())
        return
    with processes(count) as pool:
        yield from pool.map(prove, families())


def _said(proved: Proved, say: Say) -> Proved:
    held = f"{len(proved.mismatches)} mismatches: {proved.said}" if proved.mismatches else "holds"
    say(f"{proved.family}: {len(proved.features)} features at {len(proved.cuts)} cuts: {held}")
    return proved


def _family(proved: Proved) -> dict[str, Any]:
    cuts: Sequence[str] = [each.isoformat() for each in proved.cuts]
    return {"features": list(proved.features), "cuts": cuts, "comparisons": proved.comparisons}
