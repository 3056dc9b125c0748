"""What students write for Colab works in a kernel where it is harmless, and fails with its name where it cannot."""

from __future__ import annotations

import pytest

from autograder.kernel.client import StudentKernel
from tests.fakes import text_of

pytestmark = pytest.mark.kernel

HARMLESS = {
    "tqdm": "from tqdm import tqdm\nprint(sum(tqdm(range(4), desc='x')))",
    "tqdm.auto": "from tqdm.auto import tqdm, trange\nwith tqdm(total=3) as bar:\n    bar.update(1)\nprint(sum(trange(4)))",
    "tqdm.notebook": "import tqdm.notebook\nprint(sum(tqdm.notebook.tqdm([1, 2, 3])))",
    "drive": "from google.colab import drive\ndrive.mount('/content/drive')\nprint(6)",
    "files": "from google.colab import files\nfiles.download('x.csv')\nprint(6)",
    "colab as a whole": "import google.colab\nprint(6)",
    "looking for tqdm": "from importlib.util import find_spec\nprint(6 if find_spec('tqdm') and find_spec('google') else 0)",
    "an optimizer": "import torch\ntorch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])\nprint(6)",
    "a compiled function": "import torch\nf = torch.compile(lambda x: x + 5, backend='eager')\nprint(int(f(torch.ones(1))))",
    "main": "if __name__ == '__main__':\n    print(6)",
    **{
        f"%matplotlib {kind}": f"%matplotlib {kind}\nimport matplotlib.pyplot as plt\nplt.plot([6])\nplt.show()\nprint(6)"
        for kind in ("inline", "notebook", "widget", "ipympl", "")
    },
    "Windows line ends": "def f():\r\n    return 6\r\nprint(f())",
    "full-width spaces in a text": "print('\u3000' and 6)",
    "a GPU": "import torch\nprint(int(torch.ones(6).cuda().sum().to('cuda').item()))",
    "a device": "device = 'cuda'\nimport torch\nprint(int(torch.full((2,), 3.0, device=device).sum()))",
    "a loader's workers": "import torch\nfrom torch.utils.data import DataLoader\n"
    "print(int(sum(batch.sum() for batch in DataLoader(torch.arange(4), num_workers=2))))",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_harmless_works(kernel: StudentKernel, name):
    ran = kernel.run(HARMLESS[name])
    assert ran.error is None, text_of(ran.outputs)
    assert "6" in text_of(ran.outputs)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("input('name? ')", "StdinNotImplementedError"),
        ("open('/content/drive/MyDrive/data.csv')", "/content/drive/MyDrive/data.csv"),
        ("def f(x):\n\u3000\u3000return x", "U+3000"),
        ("import something_else", "No module named 'something_else'"),
    ],
)
def test_what_cannot_work_is_named(kernel: StudentKernel, source, words):
    ran = kernel.run(source)
    assert ran.error is not None
    assert words in text_of(ran.outputs)
