"""A run is faithful or it is not: what the text leaves open may differ, and nothing else."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from autograder.boundary.student import Student, use_student
from autograder.errors import CheckFailed
from checks.shared.faithful import check_faithful
from checks.shared.probes import Experiment, small_data
from checks.shared.stand_ins import StandIn, in_place
from solutions import theme_a_momentum as momentum
from solutions import theme_c_pruning as pruning
from tests.fakes import InProcessKernel

EXPERIMENT = Experiment(
    reference=momentum.run,
    rest={**momentum.BASE_CONFIG, "momentum": 0.9, "batch_size": 64},
    otherwise={"momentum": 0.3},
    rates=(0.05, 1.0),
    results={"predictions": 1},
)
PRUNED = Experiment(
    reference=pruning.run,
    rest={**pruning.BASE_CONFIG, "batch_size": 64},
    rates=(0.05, 1.0),
    results={"logits": 2e-3, "score": 1e-6},
    active=[{"amount": 0.6}],
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


def judge(opened: InProcessKernel, experiment: Experiment = EXPERIMENT, stand_ins=lambda names: []) -> None:
    student = Student(opened)
    with use_student(student):
        names = student.look_up(["run", "prune_model"])
        check_faithful(names["run"], experiment, stand_ins=stand_ins(names))


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


def test_a_wrong_earlier_function_costs_a_run_nothing_and_comes_back_afterwards():
    opened = kernel(pruning)
    opened.run("def prune_model(model, amount, layers):\n    return model")

    def stand_ins(names):
        def test():
            raise CheckFailed("nothing is pruned")

        return [StandIn(parts=[pruning.prune_model], test=test)]

    judge(opened, PRUNED, stand_ins)
    opened.run("after = prune_model('the model', 0.5, [])")
    assert opened.namespace["after"] == "the model"
    with pytest.raises(CheckFailed, match="'logits' differ"):
        judge(opened, PRUNED)


def test_a_run_that_is_wrong_itself_fails_with_the_reference_in_place_of_the_others():
    opened = kernel(pruning, ('config["amount"], LAYERS', "0.5, LAYERS"))

    def stand_ins(names):
        def test():
            raise CheckFailed("wrong, too")

        return [StandIn(parts=[pruning.prune_model], test=test)]

    with pytest.raises(CheckFailed, match="'logits' differ"):
        judge(opened, PRUNED, stand_ins)


def test_what_keeps_a_reference_to_a_replaced_function_is_made_anew():
    opened = InProcessKernel(
        "import copy, torch\ndef prune_model(*rest):\n    return 'own'\nWAYS = {'layer': prune_model}\n"
        "def run():\n    return WAYS['layer'] is prune_model, prune_model"
    )
    student = Student(opened)
    with use_student(student):
        stand_in = StandIn(
            parts=[pruning.prune_model], test=lambda: None, after="WAYS = {'layer': prune_model}"
        )
        with in_place(student.look_up(["run"])["run"], [stand_in]):
            assert opened.namespace["WAYS"]["layer"] is opened.namespace["prune_model"]
            assert opened.namespace["prune_model"].__code__.co_argcount == 3
    assert opened.namespace["WAYS"]["layer"]() == opened.namespace["prune_model"]() == "own"
