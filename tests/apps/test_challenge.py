"""The words of the command that runs a challenge."""

import json

import pytest

from apps import challenge


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "The first word is one of new, register, submit, judge, board"),
        (["jugde", "c"], "Received: jugde. Nearest: judge"),
        (["judge"], "takes the challenge's folder as its second word"),
        (["judge", "c", "d"], "Received: c d"),
        (["new", "c"], "new needs --rules."),
        (["register", "c", "--team=Ants"], "register needs --task."),
        (["judge", "c", "--team=Ants"], "judge takes no --team. Leave it out."),
        (["board", "c", "--final"], "board takes no --final"),
        (
            ["submit", "c", "--team=Ants", "--task=a,b", "--model=m"],
            "submit is for one --task at a time",
        ),
        (
            ["judge", "{tmp}/none"],
            "none is no challenge: it holds no",
        ),
        (["new", "{tmp}/c", "--rules={tmp}/none.json"], "There is no file"),
        (["new", "{tmp}", "--rules={tmp}/rules.json"], "is there already"),
        (["new", "{tmp}/c", "--rules={tmp}/rules.json"], "has no `data`"),
    ],
)
def test_wrong_words(command, tmp_path, words, said):
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"tasks": {"one": {}}}))
    if "already" in said:
        rules.write_text(json.dumps({"tasks": {"one": {"data": "x"}}}))
    answer = command(challenge, *(each.format(tmp=tmp_path) for each in words))
    assert answer.code == 2 and said in answer.err, answer
    assert "Traceback" not in answer.err
    assert not (tmp_path / "c").exists()


def test_from_rules_to_a_board_of_nothing(command, photos, tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"tasks": {"one": {"data": "photos"}}}))
    folder = tmp_path / "contest"
    answer = command(challenge, "new", folder, f"--rules={rules}")
    assert answer.code == 0, answer.err
    assert "one: 2 classes, 24 pictures to learn from, 8 that" in answer.out
    answer = command(challenge, "board", folder)
    assert answer.code == 0, answer.err
    page = (folder / "board" / "index.html").read_text()
    assert "Nothing has been judged yet." in page
    # Data of one part has nothing to judge by, and leaves nothing behind.
    rules.write_text(json.dumps({"tasks": {"one": {"data": "photos/val"}}}))
    other = tmp_path / "other"
    answer = command(challenge, "new", other, f"--rules={rules}")
    assert answer.code == 2 and "has one part only" in answer.err
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("contest", "photos", "rules.json"),
    ]
