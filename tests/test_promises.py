"""What a user may rely on, each with the tests that hold it. A promise whose test is gone is told here."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
END_TO_END, FUZZ = "end_to_end", "unit/fuzz"
PROMISES = {
    # Every next step works as it is printed.
    "The printed replay acts on the server that the finding came from.": (
        f"{END_TO_END}/test_printed_commands.py::test_the_lines_about_a_finding_replay_it_on_the_server_that_it_came_from",
        f"{END_TO_END}/test_printed_commands.py::test_another_server_is_judged_only_where_the_command_line_names_it",
        f"{END_TO_END}/test_printed_commands.py::test_a_finding_that_does_not_say_where_it_came_from_is_judged_on_no_server",
    ),
    "The printed known add writes where the run reads, also in folders with spaces.": (
        f"{END_TO_END}/test_printed_commands.py::test_the_line_that_accepts_a_finding_makes_the_next_run_clean",
    ),
    "The printed lines work for subjects from outside.": (
        "outside/test_outside.py::test_a_module_is_enough_where_nothing_is_installed",
    ),
    "The examples of each command's help are commands.": (
        f"{FUZZ}/commands/test_examples.py::test_an_example_of_the_help_is_a_command",
    ),
    "Commands take paths, ids and beginnings of ids.": (
        f"{END_TO_END}/test_printed_commands.py::test_a_finding_goes_by_its_path_its_case_or_its_id",
        f"{FUZZ}/findings/test_named.py::test_every_command_takes_beginnings",
    ),
    # Every end is honest.
    "Ctrl-C and SIGTERM end in INTERRUPTED and 130.": (
        f"{END_TO_END}/test_command_line.py::test_an_interrupted_run_ends_cleanly_with_its_summary_so_far",
        f"{END_TO_END}/test_command_line.py::test_a_run_that_is_interrupted_before_its_first_request_says_so",
    ),
    "A run that is too short to mean anything says so.": (
        f"{FUZZ}/reports/test_console.py::test_a_run_too_short_to_mean_anything_says_so",
        f"{FUZZ}/reports/test_summary.py::test_how_much_was_tried_and_what_is_fixed_is_in_the_summary",
    ),
    "A saved finding that is fixed is told.": (
        f"{END_TO_END}/test_command_line.py::test_a_saved_finding_that_no_longer_fails_is_told_as_fixed",
    ),
    "A full disk ends neither a run nor what is told of it.": (
        f"{END_TO_END}/test_rough_weather.py::test_a_full_disk_ends_neither_the_run_nor_what_is_told_of_it",
        f"{END_TO_END}/test_rough_weather.py::test_a_finding_that_cannot_be_accepted_on_a_full_disk_is_told_in_a_line",
    ),
    "Findings whose folder vanishes are kept.": (
        f"{END_TO_END}/test_rough_weather.py::test_findings_whose_folder_vanishes_are_kept_all_the_same",
    ),
    "A broken known.toml is told in a line.": (
        f"{END_TO_END}/test_rough_weather.py::test_a_broken_list_of_known_findings_is_told_in_a_line",
    ),
    "An ASCII terminal takes what commands say.": (
        f"{END_TO_END}/test_rough_weather.py::test_an_ascii_terminal_takes_what_commands_say",
    ),
    "Two runs share a folder.": (f"{END_TO_END}/test_rough_weather.py::test_two_runs_share_a_folder",),
    "A summary to a device is written into it.": (
        f"{END_TO_END}/test_rough_weather.py::test_standard_output_by_the_name_of_its_device_holds_the_summary_and_all_else",
        f"{END_TO_END}/test_rough_weather.py::test_what_is_no_regular_file_is_written_in_place",
    ),
    # A first question, before anything is blamed.
    "A target that is no such server, or cannot reach the store, is told in a line, with a profile too.": (
        f"{END_TO_END}/test_first_question.py::test_a_target_that_answers_no_plain_request_is_told_in_a_line",
        f"{END_TO_END}/test_first_question.py::test_a_target_that_is_no_store_is_told_in_a_line",
        f"{END_TO_END}/test_first_question.py::test_a_store_that_does_not_know_the_account_is_told_in_a_line",
        f"{END_TO_END}/test_first_question.py::test_a_target_of_another_version_is_told_in_a_line",
        f"{END_TO_END}/test_first_question.py::test_a_target_with_the_version_in_its_url_is_told_to_leave_it_out",
    ),
    "A profile of another server is not tried on the embedded one.": (
        f"{END_TO_END}/test_first_question.py::test_a_profile_of_another_server_is_not_tried_on_the_embedded_one",
    ),
    "A target and an animal exclude each other.": (
        f"{FUZZ}/test_config.py::test_two_settings_that_exclude_each_other_in_one_layer_are_refused",
    ),
    # Servers that die.
    "A server that dies is one finding, with what it said last.": (
        f"{FUZZ}/hunt/test_hunter.py::test_a_target_that_dies_is_a_finding_and_the_hunt_goes_on",
        f"{END_TO_END}/test_dying_server.py::test_what_a_dead_server_said_is_kept_with_the_finding",
    ),
    "A server that dies is started again, in probe and replay too.": (
        f"{END_TO_END}/test_dying_server.py::test_a_probe_goes_on_after_a_death",
        f"{END_TO_END}/test_dying_server.py::test_a_replay_starts_the_server_for_each_try_and_tells_its_last_words",
    ),
    "A finding's folder is never taken by another cause.": (
        f"{FUZZ}/triage/test_ledger.py::test_a_folder_is_never_taken_by_another_cause",
    ),
    # Reproductions that people paste.
    "curl.sh prints text, compares, and exits by 1 while the bug is there.": (
        f"{FUZZ}/findings/test_pages.py::test_the_curl_script_decodes_compares_and_exits_by_1_while_the_bug_is_there",
    ),
    "repro.py is short where a few lines can show the bug.": (
        f"{FUZZ}/findings/test_pages.py::test_what_a_few_lines_can_show_has_a_script_of_a_few_lines",
    ),
    "The scripts of findings about stores show the bug, and end by 0 on a healthy store, or their page says why not.": (
        f"{FUZZ}/subjects/objects/test_objects_scripts.py::test_scripts_show_the_bug_of_a_drawn_store",
        f"{FUZZ}/subjects/objects/test_objects_scripts.py::test_a_finding_without_scripts_says_why",
        f"{END_TO_END}/test_scripts_of_findings.py::test_both_scripts_show_the_bug_of_many_a_broken_server",
    ),
    "A published page's commands show what it says.": (
        f"{FUZZ}/commands/test_field_page.py::test_the_page_asks_about_the_bucket_that_the_case_asks_about",
        f"{FUZZ}/commands/test_field_page.py::test_what_a_recipe_prints_is_text_and_numbers",
        f"{FUZZ}/commands/test_field_page.py::test_a_profile_of_a_version_has_the_findings_of_that_version",
        f"{FUZZ}/embedded/test_bucket_policies.py::test_a_policy_opens_a_bucket_to_everybody_and_its_removal_closes_it",
        f"{END_TO_END}/test_field_page_recipes.py::test_a_recipe_shows_the_bug_of_the_real_server",
        f"{END_TO_END}/test_field_pages_of_stores.py::test_the_commands_work_and_show_something_else_on_the_embedded_store",
        f"{END_TO_END}/test_field_pages_of_stores.py::test_the_commands_show_what_the_real_store_gets_wrong",
        f"{END_TO_END}/test_field_page_recipes.py::test_a_recipe_works_and_shows_something_else_on_a_healthy_server",
    ),
    # Reports.
    "One's own findings make a page, also of a run that was killed and of several machines.": (
        f"{END_TO_END}/test_reports.py::test_a_run_that_was_killed_gives_a_report",
        f"{FUZZ}/reports/test_history.py::test_the_logs_of_two_machines_add_up",
        f"{FUZZ}/reports/test_history.py::test_what_two_subjects_explored_is_told_apart_where_both_have_the_name",
    ),
    "A page opens in a second, is accessible, valid, within its width, and silent on the network.": (
        f"{FUZZ}/reports/test_page_in_browser.py::test_axe_finds_nothing_and_nothing_is_wider_than_the_screen",
        f"{FUZZ}/reports/test_page_in_browser.py::test_the_page_is_valid_html",
        f"{FUZZ}/reports/test_page_in_browser.py::test_the_page_asks_for_nothing_elsewhere_and_its_script_runs",
        f"{FUZZ}/reports/test_page_in_browser.py"
        "::test_a_page_opens_in_a_second_also_one_of_a_hundred_findings_and_a_million_requests",
    ),
    "Every file that is written fits its schema.": (
        f"{END_TO_END}/test_reports.py::test_every_file_of_a_run_fits_its_schema",
        f"{END_TO_END}/test_objects.py::test_a_broken_store_is_found_explained_shown_and_replayed",
        "outside/test_outside.py::test_a_subject_of_others_is_hunted_explained_replayed_and_shown",
    ),
    "No file holds a secret, or an object but those of the smallest cases.": (
        f"{END_TO_END}/test_reports.py::test_no_file_of_a_run_holds_a_secret",
        f"{END_TO_END}/test_reports.py::test_no_file_of_a_run_holds_an_object_but_those_of_the_smallest_cases",
        f"{END_TO_END}/test_objects.py::test_no_file_of_a_run_on_a_store_holds_a_secret",
        f"{END_TO_END}/test_objects.py"
        "::test_no_file_of_a_run_on_a_store_holds_an_object_but_those_of_the_smallest_cases",
    ),
    "What the terminal shows is kept as snapshots, from 40 to 200 columns.": (
        f"{FUZZ}/reports/test_terminal_snapshots.py::test_a_run_looks_as_it_did",
    ),
    # Beside other projects.
    "A project with options and packages of the same names runs as without asfuzz.": (
        f"{END_TO_END}/test_suite_under_pytest.py"
        "::test_a_project_with_the_same_options_and_packages_runs_as_without_the_suite",
        f"{END_TO_END}/test_suite_under_pytest.py::test_the_embedded_server_starts_beside_a_package_of_its_name",
    ),
    "One cause is one failure under pytest.": (
        f"{END_TO_END}/test_suite_under_pytest.py::test_one_cause_is_told_once",
    ),
    # The page that they read first.
    "The README's steps work in its order, and its first command finds a bug.": (
        f"{END_TO_END}/test_readme_workflow.py::test_the_embedded_server_broken_on_purpose_gives_a_finding",
        f"{END_TO_END}/test_readme_workflow.py::test_a_server_is_tested_read_about_mended_and_accepted",
        f"{END_TO_END}/test_readme_workflow.py::test_every_line_of_the_page_does_what_it_says",
    ),
    "No test fails because the machine is busy.": ("test_promises.py::test_no_time_limit_of_a_test_is_short",),
}
# A machine with much else to do takes several times as long as one that is idle.
LEAST_SECONDS = 100
LIMIT = re.compile(r"\btimeout(?:\(|=)([\d.]+)(?=[,)])|\bcommunicate\((?:[^()]*, )?([\d.]+)\)|\.join\(([\d.]+)\)")


@cache
def names_in(name: str) -> set[str]:
    tree = ast.parse((TESTS / name).read_text("utf-8"))
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_is_held_by_tests_that_are_there(promise: str) -> None:
    for one in PROMISES[promise]:
        name, _, test = one.partition("::")
        assert test in names_in(name), one


def test_no_time_limit_of_a_test_is_short() -> None:
    short = [
        f"{path.relative_to(TESTS)}: {found[0]}"
        for path in TESTS.rglob("*.py")
        for found in LIMIT.finditer(path.read_text("utf-8"))
        # What waits for less than a second means to.
        if 1 <= float(next(filter(None, found.groups()))) < LEAST_SECONDS
    ]
    assert not short
