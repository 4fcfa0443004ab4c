"""Objects taken through their table a batch at a time, against a dictionary that is asked operation by operation."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.track.batches import cuts, operations
from vdmabuf_inspect.protocols.vdmabuf.lifecycle import LIFECYCLE, Step
from vdmabuf_inspect.track.lifecycle import scan
from vdmabuf_inspect.track.objects import ObjectTracker, object_log

QUICK = settings(max_examples=120, deadline=None, derandomize=True)
BIG = 0xFFFFFFFF00000001
OPERATION = st.tuples(st.sampled_from(list(Step)), st.sampled_from([1, 2, BIG]), st.sampled_from([5, BIG]))
BEGINS = (Step.EXPORT, Step.EXPORT_IN_PLACE)


@dataclass
class Oracle:
    """Objects in order; each identifier's latest, each name's latest."""

    objects: list[dict[str, int | bool]] = field(default_factory=list)
    state: list[str] = field(default_factory=list)
    by_id: dict[tuple[int, int], int] = field(default_factory=dict)
    by_name: dict[int, int] = field(default_factory=dict)

    def see(self, row: int, step: Step, name: int, key: int) -> tuple[int, str, str, bool, int, int]:
        """(object, before, after, created, previous, live) of one operation."""
        known = self.by_id.get((name, key))
        before = "none" if known is None else self.state[known]
        created = before not in LIFECYCLE.live if step in BEGINS else before == "none"
        operation = LIFECYCLE.operations[step]
        after = LIFECYCLE.after.get((before, operation), before)
        previous = self.by_name.get(name, -1) if created else -1
        if created:
            known = len(self.objects)
            number = 0 if previous < 0 else int(self.objects[previous]["incarnation"]) + 1
            self.objects.append({"first": row, "incarnation": number, "presumed": step not in BEGINS})
            self.state.append(after)
            self.by_id[name, key] = self.by_name[name] = known
        assert known is not None
        self.state[known] = after
        return known, before, after, created, previous, sum(s in LIFECYCLE.live for s in self.state)


def batch_of(history: list[tuple[Step, int, int]], low: int, high: int) -> dict[str, object]:
    step, name, key = zip(*history[low:high], strict=True)
    return {
        "row": range(low, high), "look": range(low, high), "operation": np.array(step, np.uint8),
        "name": np.array(name, np.uint64), "key": np.array(key, np.uint64), "begins": [s in BEGINS for s in step],
        "ends": [s is Step.RELEASE for s in step], "flavour": np.zeros(high - low, np.uint8),
    }  # fmt: skip


@QUICK
@given(st.lists(OPERATION, max_size=40), st.data())
def test_tracker(history: list[tuple[Step, int, int]], data: st.DataObject) -> None:
    oracle, tracker = Oracle(), ObjectTracker(LIFECYCLE, 0, object_log())
    for low, high in data.draw(cuts(len(history))):
        ops = operations(**batch_of(history, low, high))
        tracker.apply(ops)
        told = [oracle.see(low + i, *op) for i, op in enumerate(history[low:high])]
        names = [LIFECYCLE.states[s] for s in ops.before], [LIFECYCLE.states[s] for s in ops.after]
        found = zip(ops.object, *names, ops.created, ops.previous, ops.live, strict=True)
        assert list(found) == told
        assert tracker.live == (told[-1][-1] if told else 0)
    log = tracker.objects
    assert log.first.tolist() == [o["first"] for o in oracle.objects]
    assert log.incarnation.tolist() == [o["incarnation"] for o in oracle.objects]
    assert log.presumed.tolist() == [o["presumed"] for o in oracle.objects]
    live = [i for i, s in enumerate(oracle.state) if s in LIFECYCLE.live]
    assert tracker.live_objects().tolist() == live


@QUICK
@given(st.lists(st.tuples(st.sampled_from(list(Step)), st.integers(0, 3)), max_size=60))
def test_scan_is_a_loop(history: list[tuple[Step, int]]) -> None:
    table = LIFECYCLE.table()
    history = sorted(history, key=lambda pair: pair[1])
    objects = np.array([o for _, o in history], np.int64)
    opens = np.r_[True, objects[1:] != objects[:-1]][: len(history)]
    initial = (objects % 5).astype(np.uint8)
    operation = np.array([s for s, _ in history], np.uint8)
    before, after = scan(table, operation, opens, initial)
    state = {o: o % 5 for o in objects.tolist()}
    for i, (step, o) in enumerate(history):
        assert before[i] == state[o]
        state[o] = int(table[step, state[o]])
        assert after[i] == state[o]


def test_names_are_shared_with_the_elder_tracker_and_states_are_not() -> None:
    log = object_log()
    first = ObjectTracker(LIFECYCLE, 0, log)
    first.apply(operations(**batch_of([(Step.EXPORT, 1, 5)], 0, 1)))
    second = ObjectTracker(LIFECYCLE, 0, log, first)
    ops = operations(**batch_of([(Step.EXPORT, 1, 5)], 0, 1))
    second.apply(ops)
    assert log.incarnation.tolist() == [0, 1]
    assert LIFECYCLE.states[int(ops.before[0])] == "none"
    assert second.live_objects().tolist() == [1]


def test_nothing_to_do() -> None:
    tracker = ObjectTracker(LIFECYCLE, 0, object_log())
    ops = operations(row=[], look=[], operation=[], name=[], key=[], begins=[], ends=[], flavour=[])
    tracker.apply(ops)
    assert not len(ops.live)
    assert not len(tracker.objects)
