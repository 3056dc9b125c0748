"""Spaces of inputs draw what their names promise."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checking.inputs import matrices, near_ties, rescaled, tensors, vectors

quick = settings(max_examples=60, deadline=None)


class TestTensors:
    @quick
    @given(tensors((2, 3), low=-1.0, high=0.5))
    def test_shape_type_and_bounds_are_kept(self, x):
        assert x.shape == (2, 3)
        assert x.dtype == torch.float32
        assert bool(((x >= -1.0) & (x <= 0.5)).all())

    @quick
    @given(tensors((2, 3)))
    def test_all_elements_are_finite_numbers(self, x):
        assert bool(x.isfinite().all())

    @quick
    @given(tensors(8, unique=True))
    def test_unique_elements_all_differ(self, x):
        assert len(set(x.tolist())) == 8

    @quick
    @given(tensors(st.sampled_from([(1,), (2, 2)])))
    def test_a_shape_may_be_drawn(self, x):
        assert x.shape in {(1,), (2, 2)}

    @quick
    @given(tensors((3,)))
    def test_a_tensor_may_be_changed_by_whoever_gets_it(self, x):
        x.add_(1)


class TestVectorsAndMatrices:
    @quick
    @given(vectors(min_size=2, max_size=5, low=0.0))
    def test_a_vector_has_one_dimension(self, x):
        assert x.ndim == 1
        assert 2 <= len(x) <= 5
        assert bool((x >= 0).all())

    @quick
    @given(matrices(min_side=2, max_side=4))
    def test_a_matrix_has_two(self, x):
        assert x.ndim == 2
        assert all(2 <= side <= 4 for side in x.shape)

    def test_the_sides_of_a_matrix_are_drawn_independently(self):
        shapes = set()

        @settings(max_examples=60, database=None)
        @given(matrices())
        def collect(x):
            shapes.add(tuple(x.shape))

        collect()
        assert any(rows != columns for rows, columns in shapes)


class TestExtremeNumbers:
    def test_rescaled_numbers_are_the_same_ones_exactly(self):
        x = torch.arange(-512.0, 513.0) / 64
        tiny, huge, close_together = rescaled(x)
        assert torch.equal(tiny * 2.0**30, x)
        assert torch.equal(huge / 2.0**20, x)
        assert torch.equal((close_together - 1024) * 128, x)

    def test_near_ties_differ_all_and_hardly(self):
        x = near_ties(50, torch.Generator().manual_seed(0))
        assert len(x.abs().unique()) == 50
        assert x.abs().half().unique().numel() == 1
        assert len(x.sign().unique()) == 2
