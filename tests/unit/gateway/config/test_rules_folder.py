"""A `rules.d` that cannot be read is told: nobody should believe in rules that are not there."""

import pytest

from gateway.config import ConfigErrors, load


@pytest.fixture
def refused(tmp_path):
    """Loads a park with what was put beside it as `rules.d`; the only problem, without the folder."""

    def load_it() -> str:
        (tmp_path / "park.yaml").write_text("site: {id: park}\n", encoding="utf-8")
        with pytest.raises(ConfigErrors) as caught:
            load(tmp_path / "park.yaml", {}, {})
        (problem,) = caught.value.problems
        return str(problem).replace(f"{tmp_path}/", "")

    return load_it


def test_a_plain_file_is_no_folder_of_rules(refused, tmp_path) -> None:
    (tmp_path / "rules.d").write_text("alarms: {}", encoding="utf-8")
    assert refused() == (
        "rules.d:1:1: `rules.d` is no folder: no rule would be read from it"
        " (move it to `rules.d/rules.yaml`, or remove it)"
    )


def test_a_link_to_nothing_is_no_folder_of_rules(refused, tmp_path) -> None:
    (tmp_path / "rules.d").symlink_to(tmp_path / "gone")
    assert refused() == (
        "rules.d:1:1: `rules.d` is a link to what is not there: no rule would be read from it"
        " (let it point to a folder, or remove it)"
    )


def test_a_folder_that_links_to_itself_cannot_be_read(refused, tmp_path) -> None:
    (tmp_path / "rules.d").symlink_to(tmp_path / "rules.d")
    assert refused().startswith("rules.d:1:1: cannot read `rules.d`: ")


def test_a_file_that_is_a_link_to_nothing_is_told(refused, tmp_path) -> None:
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "rules.d" / "a.yaml").symlink_to(tmp_path / "gone")
    assert refused().startswith("rules.d/a.yaml:1:1: cannot read `rules.d/a.yaml`: ")


def test_a_link_to_a_folder_of_rules_is_one(tmp_path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.yaml").write_text("alarms: {a: {when: x > 1}}", encoding="utf-8")
    (tmp_path / "rules.d").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "park.yaml").write_text("site: {id: park}\n", encoding="utf-8")
    assert [alarm.name for alarm in load(tmp_path / "park.yaml", {}, {}).plan.rules.alarms] == ["a"]
