"""What is measured for each assignment: `measure(seed)` and `SEEDS`, in a module of its name.

`measure(seed)` gives {key: number} or {key: (number, unit)}, on official MNIST, with the reference
of `solutions/`. A number that depends on no seed may be given for any of them: its spread is 0.
"""
