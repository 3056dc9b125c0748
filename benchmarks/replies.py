"""What the demo's students have written: for each place of a written answer, a good one, a middling one and a weak one."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ENGLISH", "JAPANESE", "REPLIES"]

JAPANESE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "lesson2_parameters": {
        "assistant-reply": (
            "1 つ目の誤り：CNN は 9,098 個で 95.1 %、MLP は 98,988 個で 91.0 % だったので、個数が多いほうが"
            "精度が高いとはいえません。2 つ目の誤り：画素を並べ替えると CNN は 84.6 % に下がり、MLP は 91.2 % の"
            "ままでした。\n\n"
            "CNN は同じカーネルをすべての位置で使い、近くの画素だけを見ます。並べ替えると、近くの画素が近くに"
            "あるという前提が壊れます。MLP は画素ごとに別の重みを持つので、並びが変わっても学習できます。",
            "CNN は 9,098 個で 95 %、MLP は 98,988 個で 91 % でした。パラメータは約 10 分の 1 なのに精度が高いです。"
            "同じカーネルを使い回しているからだと思います。",
            "CNN のほうが画像に向いているので、この説明は間違っていると思います。",
        ),
        "discussion-1-reply": (
            "予想は 30 % でしたが、実際は 4,800 個（2.3 %）でした。畳み込み層はカーネルを全位置で共有するので、"
            "個数はチャネル数と $k^2$ だけで決まります。全結合層は入力と出力の組ごとに重みを持つので、一辺を 28 から "
            "56 にすると 202,122 個が 804,234 個になりました。",
            "畳み込み層は 4,800 個、fc1 は 200,832 個でした。全結合層がほとんどです。",
            "畳み込み層は計算が簡単なので、パラメータも少ないです。",
        ),
        "discussion-2-reply": (
            "my_width = 128 なので 128 億個です。16 ビットは 25.6 GB で載りませんが、8 ビットなら 12.8 GB で 3.2 GB 残ります。"
            "私の MLP は 8 ビットで 91.1 %、4 ビットで 90.6 % ですが、2 ビットでは 76 % でした。間隔が広がると丸め誤差が"
            "大きくなり、打ち消し合わなくなります。学習には勾配 1 個と移動平均 2 個が要るので、51.2 × 4 = 204.8 GB です。",
            "8 ビットなら 12.8 GB なので余裕があります。16 ビットでは 25.6 GB で載りません。",
            "学習は時間がかかるので、メモリもたくさん使うと思います。",
        ),
    },
    "lesson3_compression": {
        "discussion1-reply": (
            "RMSE は 4 ビットで 0.018、3 ビットで 0.040 と約 2 倍でした。Δ の分母が 15 から 7 になるからです。精度は "
            "91.4 % と 91.0 % でほとんど同じでした。784 個の誤差は正負が打ち消し合うので、一番大きい出力は変わりません。"
            "1 ビットは 45 % で、中点が −1.0 標準偏差だったため、大部分の重みが hi になりました。",
            "8 ビットの RMSE は 0.0011、2 ビットは 0.10 でした。ビットを減らすと精度が下がり、2 ビットでは 80 % "
            "でした。",
            "1 ビットは情報が足りないから精度が低いです。",
        ),
        "assistant-reply": (
            "1 ビット（中点 0）は RMSE 0.41 で 88.2 %、95 % の枝刈りは RMSE 0.072 で 61.9 % でした。誤差が 5.7 倍なのに"
            "精度は高いです。コサインは 0.74 と 0.59 で、1 ビットのほうが向きを保っています。倍率が変わっても ReLU を"
            "通れば同じ比のまま大きくなるだけなので、一番大きい出力は変わりません。",
            "1 ビットは RMSE 0.41 で 88 %、枝刈りは RMSE 0.072 で 62 % なので、説明と合いません。",
            "自分の結果とは合いませんでした。",
        ),
        "discussion2-reply": (
            "k = 16 のベクトル量子化（6.5 kB、91.2 %）を選びます。95 % の枝刈りは 16.3 kB で 61.8 % でした。横に並ぶ "
            "4 画素の重みは似ているので 16 通りの代表で表せますが、枝刈りは小さい重みの和をまるごと失います。復元には"
            "表引きがいるので、実機で 1 枚の推論時間を測りたいです。",
            "3 ビット量子化（18.8 kB、91.0 %）を選びます。ランク 4 は 13.6 kB で 50 % でした。",
            "ランク 8 がよいと思います。",
        ),
    },
}
ENGLISH: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "lesson2_parameters": {
        "assistant-reply": (
            "The CNN has 9,098 parameters and 94.9 %, the MLP 98,988 and 91.3 %: more parameters are not more "
            "accuracy. With shuffled pixels the CNN falls to 85.1 %, the MLP stays at 91.0 %. A convolution uses one "
            "kernel everywhere and looks at neighbours only, and shuffled neighbours mean nothing.",
        ),
        "discussion-1-reply": (
            "I predicted 40 %, it is 2.3 % (4,800 of 206,922). Kernels are shared over all positions, so their number "
            "depends on channels and $k^2$ only; with twice the side, 202,122 weights of the linear layers became "
            "804,234.",
        ),
        "discussion-2-reply": (
            "my_width = 128: 25.6, 12.8 and 6.4 GB with 16, 8 and 4 bits. I choose 8 bits, which leave 3.2 GB for the "
            "inputs; my MLP keeps 91.1 % with 8 bits and falls to 76 % with 2, as the steps become wide.",
        ),
    },
    "lesson3_compression": {
        "discussion1-reply": (
            "The RMSE is 0.018 at 4 bits and 0.040 at 3: the denominator of Δ goes from 15 to 7. The accuracy stays at "
            "91 %, as errors of both signs cancel.",
        ),
        "assistant-reply": (
            "1 bit: RMSE 0.41 and 88 %. 95 % pruned: RMSE 0.072 and 62 %. So the claim is wrong.",
        ),
        "discussion2-reply": (
            "k = 64 (10.4 kB, 91.4 %) against rank 4 (13.6 kB, 50 %): weights side by side are alike, so 64 "
            "representatives describe them. I would measure the time of an image on the device.",
        ),
    },
}
REPLIES = {"ja": JAPANESE, "en": ENGLISH}
"""By language, assignment and the cell's id."""
