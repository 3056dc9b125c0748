"""A run is faithful or it is not: what the text leaves open may differ, and nothing else."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from autograder.boundary.current import use_student
from autograder.boundary.student import Student
from autograder.errors import CheckFailed
from checks.shared.faithful import check_faithful
from checks.shared.probes import Experiment, small_data
from solutions import theme_a_momentum as momentum
from tests.fakes import InProcessKernel

EXPERIMENT = Experiment(
    reference=momentum.run,
    rest={**momentum.BASE_CONFIG, "momentum": 0.9, "batch_size": 64},
    otherwise={"momentum": 0.3},
    rates=(0.05, 1.0),
    results={"predictions": 1},
)
OPTIMIZER = 'momentum=config["momentum"])'


def kernel(module, *changes: tuple[str, str], mnist=None) -> InProcessKernel:
    """The notebook of the reference, with some pieces of its run replaced."""
    source = inspect.getsource(module.run)
    for old, new in changes:
        assert source.count(old) == 1
        source = source.replace(old, new)
    opened = InProcessKernel(Path(module.__file__).read_text(encoding="utf-8"), source)
    opened.namespace["mnist"] = mnist or small_data(5, labels=list(range(10)) * 2)
    return opened


def judge(opened: InProcessKernel, experiment: Experiment = EXPERIMENT) -> None:
    student = Student(opened)
    with use_student(student):
        check_faithful(student.look_up(["run"])["run"], experiment)


@pytest.mark.parametrize(
    "change",
    [
        ("seed=seed)", "seed=seed + 77)"),
        ("seed=seed)", "seed=seed % 9973)"),
        ("torch.manual_seed(seed)", "torch.manual_seed(seed); torch.Generator().manual_seed(3)"),
        ("config[", "dict(config)["),
    ],
    ids=["another order", "seeds of the order far apart", "a generator of one's own", "nothing"],
)
def test_what_the_text_leaves_open_may_differ(change):
    changes = [] if change[0] == "config[" else [change]
    judge(kernel(momentum, *changes))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([(OPTIMIZER, OPTIMIZER[:-1] + ", weight_decay=1e-3)")], "the losses must be"),
        ([(OPTIMIZER, OPTIMIZER[:-1] + ", nesterov=True)")], "the losses must be"),
        ([("make_mlp()", "make_mlp((128, 129))")], r"is the model made by make_mlp\(\) right after"),
        ([("torch.manual_seed(seed)", "torch.manual_seed(seed + 1)")], "right after torch.manual_seed"),
        ([("torch.manual_seed(seed)", "torch.manual_seed(seed % 1000)")], "right after torch.manual_seed"),
        ([("torch.manual_seed(seed)", "torch.manual_seed(seed); torch.rand(3)")], "right after torch"),
        ([("seed=seed)", "seed=0)")], "8 of 8 seeds went through the images in the same order"),
        ([("seed=seed)", "seed=seed % 2)")], "seeds went through the images in the same order"),
        ([("torch.manual_seed(seed)", "torch.manual_seed(0)")], "does the seed decide the initial weights"),
        ([("batch_size=config", "batch_size=1 + 0 * config")], "the losses must be"),
        ([('"history": history', '"history": sorted(history)[::-1]')], "the losses must be"),
        ([('data["train_labels"]', 'data["train_labels"].flip(0)')], "each with its own label"),
        (
            [
                ('data["train_images"]', 'torch.cat([data["train_images"], data["test_images"]])'),
                ('data["train_labels"]', 'torch.cat([data["train_labels"], data["test_labels"]])'),
            ],
            "the mean over all training images",
        ),
        (
            [
                ('epochs=config["epochs"]', 'epochs=config["epochs"] + 1'),
                ('"history": history', '"history": history[:-1]'),
            ],
            "'predictions' are not those of the trained model",
        ),
        ([("data = mnist if data is None else data", "assert data is not None")], "without data raised"),
        (
            [
                (
                    "seed=seed)",
                    "seed=seed, loss_function=nn.CrossEntropyLoss(label_smoothing=0.05 * (len(data['train_labels']) > 2000)))",
                )
            ],
            "run on 2025 training images",
        ),
        (
            [
                (
                    "seed=seed)",
                    "seed=seed + 77, loss_function=nn.CrossEntropyLoss(label_smoothing=0.05 * (len(data['train_labels']) > 2000)))",
                )
            ],
            "run on 2025 training images",
        ),
        (
            [
                (
                    "torch.manual_seed(seed)",
                    "rare = torch.bincount(data['train_labels'])[data['train_labels']] * 100 < len(data['train_labels'])\n    torch.manual_seed(seed)",
                ),
                ('data["train_images"]', 'data["train_images"][~rare]'),
                ('data["train_labels"]', 'data["train_labels"][~rare]'),
            ],
            "run on 2025 training images",
        ),
        (
            [
                (
                    'batch_size=config["batch_size"]',
                    "batch_size=5 if config['batch_size'] == 4 else config['batch_size']",
                )
            ],
            "an update of its own",
        ),
    ],
)
def test_anything_else_is_found(changes, says):
    with pytest.raises(CheckFailed, match=says):
        judge(kernel(momentum, *changes))


def test_whoever_chooses_a_model_by_the_test_images_is_found():
    opened = kernel(momentum, ('"predictions": predict(model, data["test_images"])', "**best(data, model)"))
    opened.run(
        "def best(data, model):\n"
        "    torch.manual_seed(1)\n"
        "    models = [model, make_mlp()]\n"
        "    model = max(models, key=lambda each: accuracy(each, data['test_images'], data['test_labels']))\n"
        "    return {'score': accuracy(model, data['test_images'], data['test_labels']),\n"
        "            'predictions': predict(model, data['test_images'])}"
    )
    with pytest.raises(CheckFailed, match="'predictions' are not those of the trained model"):
        judge(opened)
