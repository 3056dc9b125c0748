"""Known answers of an assignment: wrong ones, each with what it must fail and a hint, and right ones in other styles.

They are data, `mistakes/<assignment>.yaml`, written once and used for the proof that the tests
catch them, and for the hint to a student whose code does the same.
"""
