"""What the demo's students have written, from good to weak; who is not named at a place has left it empty.

`{4 bits accuracy}` stands for a number of the student's own, as `benchmarks.outputs.numbers` finds it.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["REPLIES"]

LESSON_2: Mapping[str, Mapping[str, str]] = {
    "assistant-reply": {
        "ito": "誤りの 1 つ目は「大きなモデルだから」です。CNN は {parameters_cnn:,} 個で {accuracy_cnn} %、MLP は "
        "{parameters_mlp:,} 個で {accuracy_mlp} % なので、約 10 分の 1 の個数で精度は高いです。2 つ目は「画素の並び方は"
        "関係しない」です。並べ替えると CNN は {accuracy_cnn_shuffled} % に下がりましたが、MLP は "
        "{accuracy_mlp_shuffled} % でほとんど変わりませんでした。",
        "kato-english": "The CNN has {parameters_cnn:,} parameters and {accuracy_cnn} %, the MLP {parameters_mlp:,} and "
        "{accuracy_mlp} %: more parameters are not more accuracy. With shuffled pixels the CNN falls to "
        "{accuracy_cnn_shuffled} %, while the MLP has {accuracy_mlp_shuffled} %, so the order does matter to the CNN.",
        "sato": "CNN は {parameters_cnn:,} 個で {accuracy_cnn} %、MLP は {parameters_mlp:,} 個で {accuracy_mlp} % でした。"
        "パラメータが少なくても精度が高いので、説明は間違いです。また、画素を並べ替えると CNN は "
        "{accuracy_cnn_shuffled} %、MLP は {accuracy_mlp_shuffled} % で、並び方は関係します。",
        "suzuki": "CNN のパラメータは {parameters_cnn:,} 個、MLP は {parameters_mlp:,} 個なのに、精度は CNN の "
        "{accuracy_cnn} % の方が高いです。",
        "tanaka": "CNN {accuracy_cnn} %、MLP {accuracy_mlp} %、並べ替えると CNN {accuracy_cnn_shuffled} %、MLP "
        "{accuracy_mlp_shuffled} % でした。",
    },
    "assistant_why-reply": {
        "ito": "CNN は同じカーネルをすべての位置で使い、近くの画素だけを見ます。並べ替えると、近くにあった画素が離れてしまうので、"
        "カーネルは線や角を見つけられず、{accuracy_cnn} % から {accuracy_cnn_shuffled} % に下がりました。MLP は画素ごとに別の"
        "重みを持つので、どんな並びでも同じように学習でき、{accuracy_mlp_shuffled} % でした。",
        "kato-english": "A convolution uses one kernel everywhere and looks at neighbours only. Shuffled neighbours mean "
        "nothing, so the kernel finds no strokes ({accuracy_cnn_shuffled} %). The MLP has a weight of its own for each pixel and "
        "learns any order as well.",
        "sato": "CNN は近くの画素をまとめて見るので、並びが壊れると困ります。だから {accuracy_cnn_shuffled} % に下がったのだと思います。",
        "suzuki": "同じカーネルを使い回しているからだと思います。",
    },
    "discussion-1-reply": {
        "ito": "小さな CNN を作り直します。my_width = {my_width} の MLP は {parameters_mlp:,} 個から {larger mlp:,} 個に増えますが、"
        "CNN は 9,098 個から 32,618 個になるだけです。畳み込み層は同じカーネルをすべての位置で使うので、画像を大きくしても"
        "個数が変わりません。全結合層は入力と出力の組ごとに重みを持つので、一辺が 2 倍になると入力が 4 倍になり、重みも "
        "4 倍になります。\n\n"
        "精度も CNN が {accuracy_cnn} % で、MLP の {accuracy_mlp} % より高いです。約 10 倍の個数があっても精度が低いので、"
        "MLP を大きくする理由はありません。",
        "kato-english": "I would rebuild the small CNN. With my_width = {my_width} my MLP would go from {parameters_mlp:,} to "
        "{larger mlp:,} parameters, the CNN only from 9,098 to 32,618. Kernels are shared over all positions, so their "
        "number depends on the channels and $k^2$ only. A fully connected layer has a weight for each pair of input and "
        "output: with twice the side there are 4 times as many inputs.\n\n"
        "The CNN has {accuracy_cnn} %, the MLP {accuracy_mlp} % with ten times the parameters, so I do not expect more of "
        "them to help.",
        "sato": "CNN を作り直します。my_width = {my_width} の MLP は {larger mlp:,} 個、CNN は 32,618 個になります。畳み込み層は"
        "カーネルを使い回すので増えません。精度も CNN が {accuracy_cnn} %、MLP が {accuracy_mlp} % で、CNN の方が高いからです。",
        "suzuki": "CNN を選びます。精度が {accuracy_cnn} % で、MLP の {accuracy_mlp} % より高いからです。MLP は全部の画素と"
        "つながっているので、画像が大きくなると増えます。",
        "tanaka": "精度が高い CNN を選びます。MLP の精度は {accuracy_mlp} %、CNN は {accuracy_cnn} % でした。",
    },
    "discussion-2-reply": {
        "ito": "8 ビットにします。my_width = {my_width} なので {my_width} 億個です。16 ビットでは {GB with 16 bits:.1f} GB で "
        "16 GB に載りませんが、8 ビットなら {GB with 8 bits:.1f} GB で、入力や途中の値のために {GB left:.1f} GB 残ります。\n\n"
        "私の MLP の精度は 8 ビットで {8 bits accuracy} %、4 ビットで {4 bits accuracy} % とほとんど下がりませんが、"
        "2 ビットでは {2 bits accuracy} % でした。1 ビット減らすと値の間隔が約 2 倍になり、丸め誤差も 2 倍になります。小さい"
        "誤差は足し合わせると正負が打ち消し合いますが、2 ビットでは残ります。",
        "kato-english": "8 bits. my_width = {my_width}: {GB with 16 bits:.1f} GB with 16 bits do not fit into 16 GB; "
        "{GB with 8 bits:.1f} GB with 8 bits do, and leave {GB left:.1f} GB for the inputs. My MLP keeps {8 bits accuracy} % with "
        "8 bits and has {4 bits accuracy} % with 4, but {2 bits accuracy} % with 2, as the steps become wide.",
        "sato": "16 ビットで {GB with 16 bits:.1f} GB、8 ビットで {GB with 8 bits:.1f} GB なので、8 ビットにします。残りは "
        "{GB left:.1f} GB です。精度は 8 ビットで {8 bits accuracy} %、4 ビットで {4 bits accuracy} % と、ほとんど変わりません。",
        "suzuki": "8 ビットなら {GB with 8 bits:.1f} GB なので載ります。16 ビットでは {GB with 16 bits:.1f} GB で載りません。"
        "ビットを減らすと丸め誤差が増えます。",
        "tanaka": "70 億個なので、16 ビットで 14 GB、8 ビットで 7 GB です。8 ビットにします。",
    },
}
LESSON_3: Mapping[str, Mapping[str, str]] = {
    "discussion1-reply": {
        "ito": "3 ビットにします。RMSE は 4 ビットで {4 bits rmse}、3 ビットで {3 bits rmse} と約 2 倍でした。Δ = (hi − lo) / (2^b − 1) の分母が "
        "15 から 7 になるからです。\n\n"
        "精度は {4 bits accuracy} % と {3 bits accuracy} % でほとんど同じでした。出力は 784 個の積の和なので、誤差の正負が"
        "打ち消し合います。一番大きい出力が変わらなければ正解のままです。",
        "kato-english": "3 bits. The RMSE is {4 bits rmse} at 4 bits and {3 bits rmse} at 3, about twice: the denominator of Δ goes from "
        "15 to 7. The accuracy hardly changes ({4 bits accuracy} % and {3 bits accuracy} %), as errors of both signs cancel "
        "in the sum of 784 products.",
        "sato": "3 ビットにします。RMSE は 4 ビットで {4 bits rmse}、3 ビットで {3 bits rmse} で、約 2 倍です。Δ の分母が 15 から 7 になるから"
        "です。精度は {4 bits accuracy} % と {3 bits accuracy} % でした。",
        "suzuki": "8 ビットにします。8 ビットでも精度が {8 bits accuracy} % しかありません。RMSE も {8 bits rmse} で、ビット数を減らしても"
        "あまり変わりませんでした。",
        "takahashi": "2 ビットでよいと思います。",
        "tanaka": "8 ビットの RMSE は {8 bits rmse}、2 ビットは {2 bits rmse} でした。ビットを減らすと誤差が増えて、精度は "
        "{8 bits accuracy} % から {2 bits accuracy} % に下がりました。",
        "watanabe": "3 ビットにします。1 ビット減らすと誤差は約 2 倍になります。Δ の分母がほぼ半分になるからです。精度は 3 ビットまで "
        "{3 bits accuracy} % で、あまり下がりませんでした。誤差が打ち消し合うからだと思います。",
    },
    "one_bit_answer-reply": {
        "ito": "1 ビットは {accuracy_1bit} % で、予想の {prediction} % より低かったです。中点が 0 から離れて {middle} 標準偏差に"
        "あるので、大部分の重みが同じ側（hi）に入り、行列の向きが変わったからです。",
        "kato-english": "1 bit gave {accuracy_1bit} %, I had predicted {prediction} %. My middle is at {middle} standard "
        "deviations.",
        "sato": "1 ビットは {accuracy_1bit} % で、中点が {middle} 標準偏差にあるからだと思います。",
        "takahashi": "1 ビットは情報が足りないから精度が低いです。",
    },
    "assistant-reply": {
        "ito": "1 ビット（中点 0）は RMSE {rmse_middle0} で {accuracy_middle0} %、95 % の枝刈りは RMSE {rmse_pruned95} で "
        "{accuracy_pruned95} % でした。RMSE は何倍も大きいのに、精度は 1 ビットの方が高いので、説明と矛盾します。",
        "kato-english": "1 bit: RMSE {rmse_middle0} and {accuracy_middle0} %. 95 % pruned: RMSE {rmse_pruned95} and "
        "{accuracy_pruned95} %. So the claim is wrong.",
        "sato": "1 ビット（中点 0）の RMSE は {rmse_middle0}、精度は {accuracy_middle0} % です。95 % の枝刈りは RMSE が "
        "{rmse_pruned95} と小さいのに、精度は {accuracy_pruned95} % でした。",
        "suzuki": "1 ビットは RMSE {rmse_middle0} で {accuracy_middle0} %、枝刈りは RMSE {rmse_pruned95} で "
        "{accuracy_pruned95} % なので、説明と合いません。",
        "takahashi": "自分の結果とは合いませんでした。",
        "tanaka": "95 % の枝刈りは RMSE {rmse_pruned95} で {accuracy_pruned95} %、1 ビットは RMSE {rmse_middle0} で "
        "{accuracy_middle0} % でした。",
    },
    "assistant_why-reply": {
        "ito": "コサインは {cosine_middle0} と {cosine_pruned95} で、1 ビットの方が元の向きを保っています。重みが全体に a 倍に"
        "なっても、ReLU(ax) = a ReLU(x) なので、中間層の値は同じ比のまま大きくなるだけで、一番大きい出力は変わりません。"
        "RMSE はこの倍率の違いまで誤差に数えます。",
        "sato": "コサインが {cosine_middle0} と {cosine_pruned95} なので、向きが大事だと思います。",
        "tanaka": "1 ビットの方が重みを多く残しているからです。",
    },
    "discussion2-reply": {
        "ito": "予算は {budget} kB です。k = 16 のベクトル量子化（{k = 16 size} kB、{k = 16 accuracy} %）を選びます。予算内の"
        "ほかの方法では、98 % の枝刈りが {pruned 98% size} kB で {pruned 98% accuracy} %、1 ビットの量子化が {1 bits size} kB で "
        "{1 bits accuracy} % でした。\n\n"
        "横に並ぶ 4 画素の重みは似ているので、16 通りの代表でほぼ表せます。捨てるのは代表との小さなずれだけで、正負が"
        "打ち消し合います。枝刈りは残した重みを正確に保ちますが、小さい重みの和をまるごと捨て、位置の印にも 1 個 1 ビット"
        "使います。",
        "kato-english": "My budget is {budget} kB. I choose vector quantization with k = 16 ({k = 16 size} kB, "
        "{k = 16 accuracy} %). 1 bit per weight takes {1 bits size} kB and has {1 bits accuracy} %: it keeps one of two values for "
        "each weight, and which of them depends on the two extremes. Four weights side by side are alike, so 16 "
        "representatives describe them, and only small differences are lost.",
        "sato": "k = 64 のベクトル量子化（{k = 64 size} kB、{k = 64 accuracy} %）がよいと思います。ランク 4 は "
        "{rank 4 size} kB で {rank 4 accuracy} % でした。横に並んだ重みは似ているので、64 個の代表で表せます。",
        "suzuki": "3 ビットの量子化は {3 bits accuracy} % しかなかったので、k = 16（{k = 16 accuracy} %）にします。",
        "takahashi": "ランク 8（{rank 8 size} kB、{rank 8 accuracy} %）がよいと思います。",
        "tanaka": "予算は {budget} kB なので、k = 64（{k = 64 size} kB、{k = 64 accuracy} %）にします。",
        "watanabe": "予算の {budget} kB の中では k = 16（{k = 16 size} kB、{k = 16 accuracy} %）が小さくて正確です。1 ビットの"
        "量子化は {1 bits size} kB で {1 bits accuracy} % でした。",
    },
}
REPLIES = {"lesson2_parameters": LESSON_2, "lesson3_compression": LESSON_3}
"""By assignment, the cell's id and the student."""
