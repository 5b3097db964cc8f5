"""What an index run was limited by, in one line, with the remedy where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.protocols import Encoder
    from sightline.types import SyncReport

_NAMES = {"disk": "the disk", "decoding": "decoding pictures", "model": "the model"}
# Below it the model is as quick as it gets, and most of its time is its start.
_WORTH_A_HINT_S = 30.0


def limit_line(report: SyncReport, encoder: Encoder, threads: int) -> str:
    """Return what limited a run, and what would help if that is known; "" if nothing did.

    Args:
        report: Of the run.
        encoder: Whose run it was.
        threads: As they were asked for; 0 means every core.
    """
    from sightline.types import Limit

    limit = report.limited_by
    if limit is None:
        return ""
    share = min(1.0, report.waits[limit] / report.seconds) if report.seconds else 1.0
    line = f"limited by {_NAMES[limit]} (waited for {share:.0%} of the time)"
    if limit is Limit.DECODING and _idle_cores(threads):
        return f"{line}; leave --threads out to use every core"
    if limit is Limit.MODEL and report.waits[limit] > _WORTH_A_HINT_S and _is_slowest(encoder):
        return f"{line}; --precision bfloat16 is about twice as fast on this processor"
    return line


def _idle_cores(threads: int) -> bool:
    from sightline.system.threads import cores

    return 0 < threads < cores()


def _is_slowest(encoder: Encoder) -> bool:
    """Whether the model computes in float32 on a processor that has more to offer."""
    from sightline.encoders.cpu.openvino_runtime import cpu_has_bfloat16

    on_cpu = getattr(encoder, "device", "cpu") == "cpu"
    return encoder.spec.precision == "float32" and on_cpu and cpu_has_bfloat16()
