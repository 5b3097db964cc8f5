from itertools import product

import numpy as np
import pytest
from scipy import stats

from sightline.errors import InvalidValueError
from sightline.evaluation.intervals import bootstrap, paired_test


def test_an_interval_lies_around_the_mean_and_is_the_same_each_time() -> None:
    values = np.random.default_rng(1).random((200, 2))

    first, second = bootstrap(values)

    assert first.low < first.mean < first.high
    assert first.mean == pytest.approx(values[:, 0].mean())
    assert second.mean == pytest.approx(values[:, 1].mean())
    assert bootstrap(values) == [first, second]
    assert bootstrap(values, seed=2) != [first, second]


def test_the_interval_is_that_of_scipy() -> None:
    values = np.random.default_rng(2).exponential(size=150)

    ours = bootstrap(values[:, np.newaxis], resamples=20_000)[0]
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(3)
    ).confidence_interval

    assert ours.low == pytest.approx(theirs.low, abs=0.01)
    assert ours.high == pytest.approx(theirs.high, abs=0.01)


def test_ninety_five_of_a_hundred_intervals_hold_the_truth() -> None:
    random = np.random.default_rng(4)
    truth = 0.3
    inside = 0
    for _ in range(400):
        interval = bootstrap((random.random((120, 1)) < truth).astype(float), resamples=400)[0]
        inside += interval.low <= truth <= interval.high

    assert 0.92 <= inside / 400 <= 0.98


def test_queries_that_share_a_cluster_do_not_make_an_interval_narrower() -> None:
    random = np.random.default_rng(5)
    once = random.random((40, 1))
    copied = np.repeat(once, 25, axis=0)
    names = np.repeat([f"c{i}" for i in range(40)], 25).tolist()

    alone = bootstrap(once)[0]
    clustered = bootstrap(copied, names)[0]
    naive = bootstrap(copied)[0]

    assert clustered.mean == pytest.approx(alone.mean)
    assert clustered.high - clustered.low == pytest.approx(alone.high - alone.low, rel=0.1)
    assert naive.high - naive.low < 0.3 * (clustered.high - clustered.low)


def test_clusters_of_unequal_size_weigh_their_queries_equally() -> None:
    values = np.array([[1.0]] * 9 + [[0.0]])

    interval = bootstrap(values, ["a"] * 9 + ["b"])[0]

    assert interval.mean == pytest.approx(0.9)
    assert (interval.low, interval.high) == (0.0, 1.0)


def test_every_query_needs_its_cluster() -> None:
    with pytest.raises(InvalidValueError, match="number of clusters"):
        bootstrap(np.ones((2, 1)), ["a"])


def test_an_interval_needs_queries() -> None:
    with pytest.raises(InvalidValueError, match="number of queries"):
        bootstrap(np.ones((0, 1)))


# The paired test


def exact_p(differences: list[float]) -> float:
    """By trying every assignment of signs, one after the other."""
    observed = abs(sum(differences))
    extreme = 0
    for signs in product((1, -1), repeat=len(differences)):
        total = sum(s * d for s, d in zip(signs, differences, strict=True))
        extreme += abs(total) >= observed - 1e-12
    return extreme / float(2 ** len(differences))


@pytest.mark.parametrize("seed", range(20))
def test_few_queries_are_tested_exactly(seed: int) -> None:
    random = np.random.default_rng(seed)
    first, second = random.integers(0, 5, (2, int(random.integers(1, 11)))) / 4

    found = paired_test(first, second)

    assert found.exact
    assert found.difference == pytest.approx((second - first).mean())
    assert found.p == pytest.approx(exact_p((second - first).tolist()))


def test_many_queries_agree_with_scipy() -> None:
    random = np.random.default_rng(6)
    first = random.random(300)
    second = first + random.normal(0.02, 0.2, 300)

    ours = paired_test(first, second)
    theirs = stats.permutation_test(
        (second, first),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=20_000,
        rng=np.random.default_rng(7),
    ).pvalue

    assert not ours.exact
    assert 0.02 < theirs < 0.9
    assert ours.p == pytest.approx(theirs, abs=0.02)


def test_equal_runs_do_not_differ() -> None:
    same = np.random.default_rng(8).random(50)

    found = paired_test(same, same)

    assert (found.difference, found.p) == (0.0, 1.0)


def test_a_clear_difference_is_as_sure_as_the_rounds_allow() -> None:
    first = np.zeros(100)

    assert paired_test(first, first + 0.5, rounds=999).p == pytest.approx(1 / 1000)


def test_chance_alone_is_called_a_difference_one_time_in_twenty() -> None:
    random = np.random.default_rng(9)
    ps = [paired_test(*random.random((2, 40)), rounds=500).p for _ in range(400)]

    assert 0.02 <= np.mean(np.array(ps) < 0.05) <= 0.08


def test_runs_of_other_queries_cannot_be_paired() -> None:
    with pytest.raises(InvalidValueError, match="second run's queries"):
        paired_test(np.ones(3), np.ones(4))
