"""The command `zoo`, and `python -m apps`: all commands under one name."""

import importlib
import sys

from apps.command import fail
from apps.command import prefix_of
from apps.command import say
from apps.words import close
from pipelines.pages.commands import called_as
from pipelines.pages.commands import command

# What each command does, by what it is for.
GROUPS = {
    "Train": {
        "finetune": "a pretrained network on your pictures: start here",
        "train": "a network from scratch, by a recipe or your own settings",
    },
    "Look": {
        "predict": "what is on pictures, by a model that has learned",
        "explain": "why a model says what it says, and whether that is true",
        "evaluate": "how good a model is on pictures with known classes",
        "calibrate": "a model that is as sure as it is right",
        "search": "the pictures that are most like a picture",
        "features": "one vector a picture, for search and for others",
        "ensemble": "several models as one: their answers or weights averaged",
        "compare": "runs side by side, and which is better than by chance",
        "curves": "runs side by side, as one picture",
        "challenge": "a contest in a folder: many models, judged alike",
        "models": "the networks and weights that there are",
    },
    "Ship": {
        "export": "a model for phones, browsers, servers: ONNX, LiteRT …",
        "quantize": "a model in eight bits, if it is as good",
        "serve": "a model over HTTP, with a page to drop pictures on",
        "pack": "pictures into shards, which large disks read fast",
        "convert": "weights of other libraries into a file of ours",
    },
    "Check": {
        "audit": "what is wrong with a data set, before it is trained on",
        "doctor": "whether this machine can train",
        "benchmark": "how fast it is here",
    },
}
COMMANDS = {
    name: text for group in GROUPS.values() for name, text in group.items()
}
_HELP = ("help", "-h", "-help", "--help", "-helpfull", "--helpfull")


def cli() -> None:
    """Runs the command that the first word names."""
    called_as(prefix_of(sys.argv[0]))
    words = sys.argv[1:]
    if words[:1] == ["help"] and words[1:]:
        words = [*words[1:], "--help"]
    if not words or words[0] in _HELP:
        say(page())
        return
    name, *rest = words
    if name not in COMMANDS:
        fail(_no_such_command(name, rest), 2)
    sys.argv = [sys.argv[0], *rest]
    importlib.import_module(f"apps.{name}").cli()


def page() -> str:
    """Returns the page of all commands."""
    lines = [f"Usage: {command('COMMAND')} [WORDS] [--FLAG=VALUE]…"]
    for heading, commands in GROUPS.items():
        lines += ["", f"{heading}:"]
        lines += [f"  {name:10} {text}" for name, text in commands.items()]
    lines += [
        "",
        "For example, with a sub-folder of pictures for each class in photos/:",
        "",
        f"    {command('finetune', 'photos/')} --output=runs/first",
        f"    {command('predict', 'new.jpg', model='runs/first')}",
        "",
        f"{command('COMMAND', '--help')} shows what a command takes.",
    ]
    return "\n".join(lines)


def _no_such_command(name: str, rest: list[str]) -> str:
    """Says which command was meant."""
    meant = [word for word in rest if word in COMMANDS]
    if meant:
        others = [name, *rest]
        others.remove(meant[0])
        return f"the command comes first: {command(meant[0], *others)}"
    plain = name.replace("-", "").replace("_", "").lower()
    near = close(plain, COMMANDS)
    if near:
        return f"there is no command {name!r}. Nearest: {', '.join(near)}."
    if name.startswith("-"):
        return f"the command comes before its flags: {command('COMMAND', name)}"
    return (
        f"there is no command {name!r}. Expected one of: {', '.join(COMMANDS)}."
    )


if __name__ == "__main__":
    cli()
