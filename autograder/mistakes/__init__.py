"""Known answers of an assignment: wrong ones, each with what it must fail and a hint, and right ones in other styles.

They are data, `mistakes/<assignment>.yaml`, written once and used for the proof that the tests
catch them, and for the hint to a student whose code does the same.

    linear_parameters:                      # the grade_id of an answer cell
      wrong:
        bias sized by the input:            # what a student did, in a few words
          old: weights + n_out              # a piece of one line of the reference's answer
          new: weights + n_in
          hint:                             # not needed; what a teacher would say, in some languages
            ja: バイアスの数が入力の数になっています。
            en: You count one bias for each input.
        weights printed:
          old: |                            # whole lines, wherever they are indented
            weights = n_out * n_in
          new: |
            weights = n_out * n_in
            print(weights)
          fails: [test_linear_parameters]   # not needed: by default the cell's own test
      right:
        factored:
          source: |                         # the whole answer
            def linear_parameters(n_in, n_out, bias=True):
                return n_out * (n_in + bias)

`old` occurs exactly once in the reference's answer. Several places are changed by a list,
`changes:`, of such pairs, one after another. A cell's own test is the first one below it that
uses a name which the cell defines. Every text is code or words as they stand there: YAML's numbers,
dates and truth values have no meaning here, nor have anchors.
"""
