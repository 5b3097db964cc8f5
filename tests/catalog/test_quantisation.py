import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sightline.catalog import dequantise, quantise
from sightline.errors import InvalidValueError, VectorShapeError
from tests.catalog.catalog_rows import unit_rows


@pytest.mark.parametrize("dimensions", [2, 16, 512])
def test_a_stored_row_is_the_float16_rounding_scaled_to_unit_length(dimensions: int) -> None:
    rows = unit_rows(100, dimensions=dimensions)

    read = dequantise(quantise(rows))

    rounded = rows.astype(np.float16).astype(np.float64)
    expected = rounded / np.linalg.norm(rounded, axis=1, keepdims=True)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, expected, atol=2.0**-11)
    np.testing.assert_allclose(np.linalg.norm(read.astype(np.float64), axis=1), 1, atol=3e-7)


def test_a_row_of_512_numbers_keeps_its_direction_to_one_part_in_ten_million() -> None:
    rows = unit_rows(100, dimensions=512)

    cosines = (dequantise(quantise(rows)).astype(np.float64) * rows).sum(axis=1)

    assert cosines.min() > 1 - 1e-7


@given(
    st.integers(1, 12).flatmap(
        lambda d: st.lists(st.floats(-1, 1, width=32), min_size=d, max_size=d)
    )
)
def test_storing_what_was_read_moves_a_number_by_one_step_at_most(numbers: list[float]) -> None:
    row = np.array([numbers], dtype=np.float64)
    length = np.linalg.norm(row)
    if length < 1e-3:
        return
    stored = quantise((row / length).astype(np.float32))

    again = quantise(dequantise(stored))

    np.testing.assert_array_max_ulp(again, stored, maxulp=1)


def test_rows_as_long_as_real_ones_come_back_bit_for_bit() -> None:
    rows = np.random.default_rng(3).standard_normal((2000, 256))
    stored = quantise((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))

    assert quantise(dequantise(stored)).tobytes() == stored.tobytes()


def test_a_row_reads_the_same_alone_and_in_company() -> None:
    stored = quantise(unit_rows(300, dimensions=333))

    together = dequantise(stored)

    for i in (0, 1, 150, 299):
        assert dequantise(stored[i : i + 1]).tobytes() == together[i].tobytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30, 0.5])
def test_a_row_that_is_not_finite_or_not_of_unit_length_is_refused(bad: float) -> None:
    rows = unit_rows(3)
    rows[1, 4] = bad

    with pytest.raises(InvalidValueError, match="vector 1"):
        quantise(rows)


@pytest.mark.parametrize("length", [0.99901, 1.00099])
@pytest.mark.parametrize("dimensions", [1, 2, 16, 512])
def test_every_row_that_may_be_stored_can_be_read(dimensions: int, length: float) -> None:
    rows = unit_rows(200, dimensions=dimensions) * np.float32(length)

    read = dequantise(quantise(rows))

    np.testing.assert_allclose(np.linalg.norm(read.astype(np.float64), axis=1), 1, atol=3e-7)


def test_a_row_of_zeros_is_refused() -> None:
    with pytest.raises(InvalidValueError, match=r"vector 0 is 0\.0"):
        quantise(np.zeros((1, 4), dtype=np.float32))


@pytest.mark.parametrize(
    "rows", [np.ones(1, dtype=np.float32), np.ones((1, 1)), np.ones((1, 1), dtype=np.float16)]
)
def test_another_shape_or_dtype_is_refused(rows: NDArray[np.float32]) -> None:
    with pytest.raises(VectorShapeError):
        quantise(rows)


def test_no_rows_are_no_rows() -> None:
    assert dequantise(quantise(unit_rows(0))).shape == (0, 16)
