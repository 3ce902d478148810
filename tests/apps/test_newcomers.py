"""What a newcomer mistypes, and the answer: helpful, and before TensorFlow."""

import json
import subprocess
import sys

import pytest

# Runs commands, each in a process of its own, forked so that nothing is
# imported twice. Writes a line of JSON for each: exit code, both streams and
# what it has imported that is heavy.
SCRIPT = """
import json, os, sys
import apps.finetune
from apps.__main__ import cli

HEAVY = {"tensorflow", "keras", "numba", "matplotlib"}

def answer(words):
    sys.argv, code = ["zoo", *words], 0
    try:
        cli()
    except SystemExit as stop:
        code = stop.code or 0
    sys.stdout.flush()
    heavy = sorted(HEAVY & set(sys.modules))
    json.dump([code, heavy], open("ends", "w"))

for words in json.load(sys.stdin):
    child = os.fork()
    if not child:
        for stream, name in ((1, "out"), (2, "err")):
            with open(name, "wb", 0) as file:
                os.dup2(file.fileno(), stream)
        answer(words)
        os._exit(0)
    os.waitpid(child, 0)
    said = [open(name).read() for name in ("out", "err")]
    print(json.dumps([*json.load(open("ends")), *said]), flush=True)
"""

# The words, with `photos` and `run` for folders that are there, and what the
# answer has to say.
MISTAKES = [
    # Commands.
    ("fine-tune photos", "no command 'fine-tune'. Nearest: finetune"),
    ("fintune photos", "no command 'fintune'. Nearest: finetune"),
    ("photos finetune", "the command comes first: zoo finetune photos"),
    ("--data=photos finetune", "first: zoo finetune --data=photos"),
    ("photos", "Expected one of: finetune, train, predict"),
    # Flags.
    ("finetune photos --modell=resnet50", "no flag --modell. Nearest: --model"),
    ("finetune photos --epoch_s=3 --lerning_rate=1", "--learning_rate"),
    ("finetune photos epochs=5", "Did you mean --epochs=5?"),
    ("finetune photos more", "unexpected word 'more'. Flags are --name=value"),
    (
        "finetune photos --num_classes=2",
        "the classes are those of the pictures",
    ),
    ("finetune photos --pretrained", "such as --weights=imagenet"),
    ("train photos --gpus=2", "CUDA_VISIBLE_DEVICES"),
    # Values.
    ("finetune photos --epochs=ten", "--epochs is a whole number. Received:"),
    ("finetune photos --epochs=0", "--epochs lies in 1…1000000. Received: 0"),
    ("finetune photos --lr=-1", "--learning_rate is above 0. Received: -1"),
    ("finetune photos --batch-size=0", "--global_batch_size lies in 1…"),
    ("finetune photos --plan=head:3@0.1 --epochs=3", "either --plan, or --epo"),
    ("finetune photos --find_lr --folds=5", "--find_lr and --folds are two"),
    ("train photos --snapshots --schedule=step", "for --schedule=cosine, not"),
    # Names.
    ("finetune photos --model=resnet-50", "'resnet-50'. Nearest: resnet50,"),
    ("finetune photos --arch=ResNet50", "'ResNet50'. Nearest: resnet50,"),
    ("finetune photos --model=vit", "Nearest: vit_"),
    ("train photos --recipe=resnet", "--recipe=resnet is not known. Nearest:"),
    ("train photos --optimizer=adam", "Received: adam. Nearest: adamw"),
    ("train photos --aug=rand_augment", "Nearest: randaugment"),
    ("finetune photos --precision=fp16", "Received: fp16. Nearest: float16"),
    (
        "finetune photos --model=resnet20 --weights=imagenet",
        "'imagenet' are known for 'resnet20'. It has: cifar10",
    ),
    # Places.
    ("finetune", "--data is missing. A folder with one sub-folder of pictures"),
    ("finetune", "For example: zoo finetune photos/"),
    ("finetune photo", "there is no folder photo. Nearest: photos"),
    ("finetune photos --output=run", "--output=run already holds a finished"),
    ("predict --model=run", "No picture was named. Expected: zoo predict"),
    ("predict cat.jpg", "--model is missing"),
    ("predict --model=run cat.jpg", "no picture cat.jpg. Nearest: cat.jpeg"),
    ("predict --model=resnet50 cat.jpeg", "untrained network without --weigh"),
    ("predict --model=runs cat.jpeg", "--model=runs holds no model.keras"),
    ("evaluate --model=run", "--data is missing."),
    ("search cat.jpeg", "--index is missing. A file that the command featu"),
    ("convert resnet50.pth --output=x.h5", "--model is missing. The name of"),
    ("models resnet_50", "'resnet_50'. Nearest: resnet50,"),
    ("models vgg*", "No model matches --pattern=vgg*"),
    ("benchmark", "`subject` is missing. What is measured. One of train, "),
    ("benchmark pipelin", "Received: pipelin. Nearest: pipeline"),
    ("doctor model", "`subject` is one of machine, faults. Received: model"),
]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """What is answered to each, in a folder as a newcomer has it."""
    home = tmp_path_factory.mktemp("home")
    for name in ("photos/cat", "photos/dog", "run"):
        (home / name).mkdir(parents=True)
    (home / "cat.jpeg").touch()
    for name in ("model.keras", "metrics.json", "config.json"):
        (home / "run" / name).touch()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps([words.split() for words, _ in MISTAKES]),
        capture_output=True,
        text=True,
        cwd=home,
        timeout=300,
    )
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    return dict(zip(MISTAKES, map(json.loads, lines), strict=True))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda pair: pair[0])
def test_a_mistake_is_answered(answers, mistake):
    code, heavy, out, err = answers[mistake]
    assert (code, heavy, out) == (2, [], ""), err
    assert err.startswith("error: ") and err.count("\n") == 1
    assert mistake[1] in err, err
