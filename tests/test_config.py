"""Settings: each named once, read from the environment, refused with a sentence when they make no sense."""

import stat
from pathlib import Path

import pytest

from app import config
from app.config import BadSetting


def test_defaults_are_a_school_in_china(tmp_path: Path) -> None:
    values = config.load({}, DATA=tmp_path)
    assert values["LANGUAGE"] == "zh_Hans_CN"
    assert values["TIMEZONE"].key == "Asia/Shanghai"
    assert values["BASE_URL"] == "http://127.0.0.1:8000"
    assert values["DATABASE_URL"] == f"sqlite:///{tmp_path}/zongwu.db"
    assert values["ANONYMOUS_REPORTS"] is True


def test_each_setting_says_what_it_is_for() -> None:
    names = [setting.name for setting in config.SETTINGS]
    assert len(names) == len(set(names))
    for setting in config.SETTINGS:
        assert setting.reason
        assert setting.name.isupper()


def test_the_environment_is_read_and_a_command_wins(tmp_path: Path) -> None:
    environ = {"ZONGWU_SCHOOL": " 青禾实验小学 ", "ZONGWU_THREADS": "8", "ZONGWU_DATA": "/nowhere", "PATH": "/bin"}
    values = config.load(environ, DATA=tmp_path)
    assert values["SCHOOL"] == "青禾实验小学"
    assert values["THREADS"] == 8
    assert values["DATA"] == tmp_path


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("THREADS", "many", "must be a whole number, not 'many'"),
        ("THREADS", "0", "must be between 1 and 64, not 0"),
        ("PROXIES", "9", "must be between 0 and 5, not 9"),
        ("TIMEZONE", "Asia/Nanjing", "is not a known time zone: 'Asia/Nanjing'"),
        ("TIMEZONE", "../../etc/passwd", "is not a known time zone"),
        ("LANGUAGE", "zh", "must be one of zh_Hans_CN, en, not 'zh'"),
        ("BASE_URL", "zw.example.edu.cn", "must be an address like https://zw.example.edu.cn"),
        ("BASE_URL", "javascript:alert(1)", "must be an address like"),
        ("BASE_URL", "https://zw.example.edu.cn/?a=1", "must be an address like"),
        ("ANONYMOUS_REPORTS", "maybe", "must be yes or no, not 'maybe'"),
        ("FONT", "/no/such/font.ttf", "is not a file"),
    ],
)
def test_a_wrong_value_stops_the_start_with_a_sentence(name: str, value: str, sentence: str) -> None:
    with pytest.raises(BadSetting, match=f"^ZONGWU_{name} ") as refused:
        config.load({f"ZONGWU_{name}": value})
    assert sentence in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_misspelt_setting_is_not_silently_ignored() -> None:
    with pytest.raises(BadSetting, match="ZONGWU_SCHOOLS is not a setting"):
        config.load({"ZONGWU_SCHOOLS": "青禾"})


@pytest.mark.parametrize(
    ("typed", "meant"), [("yes", True), ("ON", True), ("1", True), ("no", False), ("False", False)]
)
def test_yes_and_no_in_the_usual_words(typed: str, meant: bool) -> None:
    assert config.load({"ZONGWU_ANONYMOUS_REPORTS": typed})["ANONYMOUS_REPORTS"] is meant


def test_a_slash_at_the_end_of_the_address_does_not_double(tmp_path: Path) -> None:
    assert config.load({"ZONGWU_BASE_URL": "https://zw.example.edu.cn/"})["BASE_URL"] == "https://zw.example.edu.cn"


def test_the_secret_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    values = config.load({}, DATA=tmp_path / "new")
    key = config.secret_key(values)
    assert len(key) == 64
    assert config.secret_key(values) == key
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600


def test_two_schools_have_two_keys(tmp_path: Path) -> None:
    keys = {config.secret_key(config.load({}, DATA=tmp_path / name)) for name in "ab"}
    assert len(keys) == 2


def test_a_damaged_key_is_said_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("short")
    with pytest.raises(BadSetting, match="damaged"):
        config.secret_key(config.load({}, DATA=tmp_path))


def test_a_key_from_the_settings_writes_no_file(tmp_path: Path) -> None:
    values = config.load({}, DATA=tmp_path, SECRET_KEY="x" * 40)
    assert config.secret_key(values) == "x" * 40
    assert not (tmp_path / "secret_key").exists()
