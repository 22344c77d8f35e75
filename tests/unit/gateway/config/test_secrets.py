"""Secrets come from the environment, from files and from systemd, and show nowhere."""

from gateway.config import redacted

CLOUD = "site: {id: park}\nsinks: {c: {driver: cloud, url: 'http://${HOST}', token: '%s'}}"
SECRET = "hunter2-and-more"


def token(loaded) -> str:
    """What the sink would sign in with."""
    return loaded.plan.sinks[1].options.token.reveal()


def test_any_value_may_come_from_the_environment(load_text) -> None:
    loaded = load_text(CLOUD % "${TOKEN}", {"HOST": "example", "TOKEN": SECRET})
    assert token(loaded) == SECRET
    assert loaded.plan.sinks[1].options.url == "http://example"
    assert loaded.findings == []


def test_numbers_and_truth_values_may_come_from_the_environment(load_text) -> None:
    text = (
        "site: {id: park}\nenterprises: [{id: a}]\napi:\n  port: ${PORT}\n"
        "connections:\n  l:\n    driver: bus\n    host: h\n"
        "    port: ${PORT}\n    keep_open: ${KEEP}\n    timeout: ${TIME} s\n"
        "devices: [{id: d, enterprise: a, kind: k, connection: l, groups: {g: 1 s}, points: {p: {address: 1}}}]"
    )
    plan = load_text(text, {"PORT": "1502", "KEEP": "false", "TIME": "2"}).plan
    options = plan.connections[0].options
    assert (options.port, options.keep_open, options.timeout, plan.api.port) == (1502, False, 2.0, 1502)


def test_a_doubled_dollar_is_no_reference(load_text) -> None:
    assert token(load_text(CLOUD % "$${TOKEN}x", {"HOST": "h"})) == "${TOKEN}x"


def test_a_secret_may_stand_in_a_file(load_text) -> None:
    loaded = load_text(CLOUD % "file:token.txt", {"HOST": "h"}, token_txt=f"{SECRET}\n")
    assert token(loaded) == SECRET
    assert loaded.findings == []


def test_a_secret_may_be_a_systemd_credential(load_text, tmp_path) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "cloud").write_text(SECRET)
    environment = {"HOST": "h", "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    assert token(load_text(CLOUD % "credential:cloud", environment)) == SECRET


def test_a_credential_that_systemd_does_not_give_suggests_the_nearest(refuse_text, tmp_path) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "cloud").write_text(SECRET)
    environment = {"HOST": "h", "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    (problem,) = refuse_text(CLOUD % "credential:clout", environment)
    assert problem == "park.yaml:2:58: systemd gives no credential `clout` (did you mean `cloud`?)"


def test_a_credential_cannot_reach_out_of_its_folder(refuse_text, tmp_path) -> None:
    (tmp_path / "credentials").mkdir()
    environment = {"HOST": "h", "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    (problem,) = refuse_text(CLOUD % "credential:../park.yaml", environment)
    assert "no credential `../park.yaml`" in problem


def test_an_empty_secret_file_is_an_error(refuse_text) -> None:
    (problem,) = refuse_text(CLOUD % "file:token.txt", {"HOST": "h"}, token_txt="\n")
    assert "is empty" in problem


def test_a_secret_in_plain_text_works_and_is_a_finding(load_text) -> None:
    loaded = load_text(CLOUD % SECRET, {"HOST": "h"})
    assert token(loaded) == SECRET
    assert [finding.message for finding in loaded.findings] == ["a secret stands in the file as plain text"]
    assert SECRET not in repr(loaded)


def test_every_secret_in_a_mapping_of_secrets_is_fetched(load_text) -> None:
    text = (
        "site: {id: park}\nenterprises: [{id: a}]\n"
        "connections: {mq: {driver: broker, url: 'mq://u:pw@h', accounts: {x: 'file:s.txt', y: '${Y}'}}}\n"
        "devices: [{id: d, enterprise: a, kind: k, connection: mq, points: {p: {}}}]"
    )
    loaded = load_text(text, {"Y": "why"}, s_txt="ex")
    accounts = loaded.plan.connections[0].options.accounts
    assert {name: secret.reveal() for name, secret in accounts.items()} == {"x": "ex", "y": "why"}
    assert loaded.plan.devices[0].address == "mq://***@h"


def redacted_text(tmp_path, drivers, text: str, **files: str) -> str:
    """Everything that `redacted` shows of a configuration."""
    (tmp_path / "park.yaml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (tmp_path / name.replace("_", ".")).write_text(content, encoding="utf-8")
    return "\n".join(redacted(tmp_path / "park.yaml", drivers).values())


def test_the_redacted_text_masks_secrets_and_keeps_everything_else(tmp_path, drivers) -> None:
    text = (
        "# a comment that stays\nsinks:\n  c: {driver: cloud, url: 'http://me:hunter2@host', token: hunter2}\n"
        "  d:\n    token: |\n      hunter2\n      hunter2\n    max_body: 1 MiB\n  e: {token: '${TOKEN}'}\n"
    )
    shown = redacted_text(tmp_path, drivers, text)
    assert "hunter2" not in shown
    assert "# a comment that stays" in shown
    assert "url: 'http://***@host', token: ***}" in shown
    assert "max_body: 1 MiB" in shown
    assert "token: '${TOKEN}'" in shown


def test_misspelt_nested_and_commented_secrets_are_masked_too(tmp_path, drivers) -> None:
    text = (
        "a: {tokn: hunter2, accounts: {x: hunter2, y: [hunter2]}}\n# password: hunter2\n"
        "b: {user_password: hunter2, 'api-key': x, apikey: hunter2}\n"
    )
    assert "hunter2" not in redacted_text(tmp_path, drivers, text)


def test_what_cannot_be_parsed_is_left_out(tmp_path, drivers) -> None:
    shown = redacted_text(tmp_path, drivers, "site: {id: park}\nsinks:\n  c: [}\n  token: hunter2\n")
    assert "site: {id: park}" in shown
    assert "hunter2" not in shown
    assert "not shown" in shown


def test_secret_columns_of_tables_and_included_files_are_masked(tmp_path, drivers) -> None:
    shown = redacted_text(
        tmp_path,
        drivers,
        "include: [more.yaml]\ndevices: {csv: m.csv}\n",
        more_yaml="sinks: {c: {token: hunter2}}",
        m_csv="id,enterprise,connection,password\nm1,acme,line,hunter2\n",
    )
    assert "hunter2" not in shown
    assert "m1,acme,line,***" in shown


def test_a_missing_file_is_simply_not_shown(tmp_path, drivers) -> None:
    assert redacted(tmp_path / "park.yaml", drivers) == {}


def test_a_secret_file_without_an_end_is_refused(refuse_text) -> None:
    (problem,) = refuse_text(CLOUD % "file:/dev/zero", {"HOST": "h"})
    assert problem == "park.yaml:2:58: secret file `/dev/zero` is too large"
