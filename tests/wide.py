"""Grids of which `make test` takes a few rows, and `make test-wide` the rest.

A file and a test, and how many of its rows are tried each time. Whole tests
that are long, and near to a shorter one, have 0.
"""

import collections

import pytest

TRIED = {
    "test_golden.py::test_logits_are_those_of_the_library": 4,
    "test_maps.py::test_maps_are_those_of_the_libraries": 1,
    "test_keras.py::test_logits_are_those_of_keras": 2,
    "test_importing.py::test_a_saved_model_loads_in_any_order_of_imports": 2,
    "test_phases.py::test_stopped_at_any_size_it_goes_on_to_the_bit": 0,
    "test_phases.py::test_it_is_a_fit_after_the_other_with_larger_pictures": 0,
    "test_phases.py::test_frozen_stages_see_growing_pictures_too": 0,
    "test_fine_tuning_modes.py::test_a_stopped_run_goes_on_to_the_bit": 1,
    "test_recipes.py::test_a_recipe_trains": 1,
    "test_optimizer_table.py::test_two_devices_do_what_one_does": 3,
    "test_tf_data.py::test_a_program_ends_though_its_pipeline_goes_on": 1,
    "test_looking_ahead.py::test_a_stopped_run_goes_on_as_it_was_decided": 0,
    "test_looking_ahead.py::test_made_features_with_a_known_answer": 4,
    "test_regression.py::test_two_devices_learn_what_one_does": 0,
    "test_from_scratch.py::test_mixed_and_repeated_pictures": 0,
    "test_hostile.py::test_they_cost_little_and_leave_the_model_as_it_was": 0,
    "test_model_loading.py::test_they_cost_little": 0,
    "test_decoded.py::test_held_pictures_are_trained_on_to_the_bit": 4,
    "test_augmentation.py::test_the_smallest_pictures": 8,
    "test_efficientnet.py::test_drop_path_is_on_identity_blocks_alone": 4,
    "test_models.py::test_integers_and_floats_give_the_same_float32_logits": 14,
    "test_models.py::test_pictures_of_one_value_give_finite_logits": 7,
    "test_models.py::test_the_loss_falls_as_the_gradient_says": 7,
    "test_workers.py::test_two_workers_are_one_run": 0,
    "test_channels_first.py::test_the_same_network": 3,
    "test_keras_layers.py::test_a_step_decides_what_is_drawn": 4,
    "test_resume.py::"
    "test_one_process_at_a_time_and_the_command_that_goes_on": 0,
    "test_resume.py::test_whoever_read_the_output_has_left": 0,
    "test_fine_tuning_modes.py::test_pretrained_beside_scratch": 0,
    "test_fine_tuning_modes.py::test_more_classes": 0,
    "test_outlines.py::test_models_are_what_their_cards_say": 12,
    "test_augmentation.py::test_a_seed_is_a_picture": 10,
    "test_multilabel.py::test_two_devices_learn_what_one_does": 0,
    "test_looking_ahead.py::test_who_asks_for_steps_gets_them": 1,
    "test_fine_tuning_modes.py::"
    "test_a_stopped_run_goes_on_to_the_bit_however_it_learns": 0,
    "test_backends.py::test_logits_are_those_of_tensorflow": 2,
    "test_efficientnetv2.py::test_widths_and_repeats_are_the_published_ones": 3,
    "test_splitting.py::test_both_parts_together_are_the_model": 2,
    "test_models.py::test_a_saved_model_is_the_same_model": 7,
    "test_models.py::test_every_weight_gets_a_finite_gradient": 7,
    "test_images.py::test_decoding_a_window": 4,
    "test_mbconv.py::test_tables_turn_there_and_back": 4,
    "test_printed_commands.py::test_the_same_in_full_is_the_same": 2,
    "test_levels.py::test_enhancing_equals_pillow": 8,
    "test_framing.py::test_every_publisher_sees_what_evaluation_shows": 4,
}


def tried_rows(rows: int, few: int) -> set[int]:
    """Returns which of some rows are tried, spread evenly."""
    return {round(i * (rows - 1) / max(1, few - 1)) for i in range(few)}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks the rows of long grids that are not tried each time."""
    grids = collections.defaultdict(list)
    for item in items:
        name = f"{item.path.name}::{item.name.split('[')[0]}"
        if name in TRIED:
            grids[name, item.path].append(item)
    for (name, _), rows in grids.items():
        tried = tried_rows(len(rows), TRIED[name])
        for number, item in enumerate(rows):
            if number not in tried:
                item.add_marker(pytest.mark.wide)
