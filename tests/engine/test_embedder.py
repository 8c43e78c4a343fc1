"""How sentence vectors are stored and which part of them is scored."""

import numpy as np
import numpy.typing as npt
import pytest

from matchmaking.engine import quantise
from matchmaking.engine.embedder import GRID, scored_statements
from matchmaking.engine.names import SCORED_TEXT, STORED_TEXT
from tests.engine.dumb_loop import scored_text


def unit_rows(seed: int, rows: int) -> npt.NDArray[np.float64]:
    drawn = np.random.default_rng(seed).normal(size=(rows, STORED_TEXT))
    units: npt.NDArray[np.float64] = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return units


def test_quantise_is_127_times_the_unit_vector() -> None:
    vectors = np.zeros((3, STORED_TEXT), dtype=np.float32)
    vectors[0, :2] = (3.0, -4.0)
    vectors[1, 5] = 0.001
    stored = quantise(vectors)
    assert stored.dtype == np.int8
    # 127 * 3/5 = 76.2 and 127 * -4/5 = -101.6.
    assert stored[0, :3].tolist() == [76, -102, 0]
    assert stored[1, 5] == 127
    assert not stored[2].any()
    with pytest.raises(ValueError, match="NaN"):
        quantise(np.full((1, STORED_TEXT), np.nan))


def test_the_scored_columns_are_those_of_a_transform_written_otherwise() -> None:
    stored = quantise(unit_rows(1, 4))
    scored = scored_statements(stored)
    assert scored.shape == (4, SCORED_TEXT)
    assert scored.tolist() == [scored_text(row.tobytes()) for row in stored]
    assert not scored_statements(np.zeros((1, STORED_TEXT), dtype=np.int8)).any()


def test_scored_vectors_have_length_one_and_keep_angles() -> None:
    rows = unit_rows(2, 200)
    near = rows + 0.5 * unit_rows(3, 200)
    scored, scored_near = (scored_statements(quantise(vectors)) * GRID for vectors in (rows, near))
    assert np.allclose(np.linalg.norm(scored, axis=1), 1, atol=1e-5)
    true = (rows * near).sum(axis=1) / np.linalg.norm(near, axis=1)
    # Of 128 of 512 columns a cosine keeps all but about (1 - c^2) / sqrt(128).
    assert np.abs((scored * scored_near).sum(axis=1) - true).max() < 0.1
