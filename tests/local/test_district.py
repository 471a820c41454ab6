from datetime import date
from pathlib import Path

import pytest
import yaml

from elevate.contracts import load_feeds
from elevate.local import district, processes
from elevate.settings import Settings, SettingsError
from elevate.sources import fetch


def test_serves_a_night_and_starts_again_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVATE_DISTRICT_SCHOOLS", "4")
    settings = Settings((tmp_path / "home").resolve())
    settings.home.mkdir()
    try:
        for round_ in range(2):
            district.start(settings)
            feed = load_feeds(settings.feeds)["sis.schools"]
            into = tmp_path / f"got{round_}"
            into.mkdir()
            fetched = fetch(settings, feed, date(2019, 2, 11), into)
            assert [file.name for file in fetched.files] == ["schools.csv"]
            for process in processes.find(settings.home):
                process.kill()
                process.wait()
    finally:
        processes.stop(settings.home)


def test_a_persons_own_sources_are_left_alone(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    own = "sis: {type: sftp, host: sis.example}\n"
    settings.sources_file.write_text(own)
    district.start(settings)
    assert settings.sources_file.read_text() == own
    assert processes.find(tmp_path) == []
    with pytest.raises(SettingsError, match="is your own: add `portal:"):
        district.use_public_data(settings, tmp_path)


def test_public_data_are_kept_beside_the_other_addresses(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    settings.sources_file.write_text(district.OURS + "sis: {type: sftp}\n")
    district.use_public_data(settings, tmp_path)
    addresses = yaml.safe_load(settings.sources_file.read_text())
    assert addresses == {"sis": {"type": "sftp"}, "portal": {"type": "folder", "path": str(tmp_path)}}


def test_public_data_must_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is no folder"):
        district.use_public_data(Settings(tmp_path), tmp_path / "nowhere")


def test_another_district_in_the_same_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "district.json").write_text('{"schools": "24", "seed": "1"}')
    monkeypatch.setenv("ELEVATE_DISTRICT_SCHOOLS", "48")
    with pytest.raises(SettingsError, match="was made with 24"):
        district.start(Settings(tmp_path))


def test_a_district_that_cannot_start_is_told_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELEVATE_DISTRICT_SCHOOLS", "many")
    with pytest.raises(processes.ProcessError, match="invalid int value"):
        district.start(Settings(tmp_path))
