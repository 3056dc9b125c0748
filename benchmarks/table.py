"""The figures as a table in Markdown, and as a picture."""

from __future__ import annotations

from pathlib import Path

__all__ = ["plot", "table"]

LESSONS = ("lesson2", "lesson3", "lesson4", "lesson1")


def lessons_of(figures: dict) -> dict[str, dict]:
    """Those that were graded by both."""
    return {part: figures[part] for part in LESSONS if part in figures}


def after_rows(lessons: dict[str, dict]) -> list[tuple[str, str]]:
    """One submission from nothing, and what follows grading."""
    rows = []
    for part, one in lessons.items():
        single, after, number = one["one"], one["after"], one["submissions"]
        rows.append(
            (
                f"one submission of {part} from nothing to verdict: stock, autograder",
                f"{single['stock_seconds']:.1f} s, {single['seconds']:.1f} s",
            )
        )
        empty, stock_empty = after["nothing"]["cpu"], after["stock_nothing"]["cpu"]
        page = (after["stock_feedback"]["cpu"] - stock_empty) / after["stock_submissions"]
        new, unchanged = (
            (after[name]["cpu"] - empty) / number for name in ("feedback_new", "feedback_unchanged")
        )
        rows.append(
            (
                f"CPU of a page of feedback on {part}, a share of the command's start included: "
                "stock, autograder new, unchanged",
                f"{page:.2f} s, {new:.3f} s, {max(0.0, unchanged):.4f} s",
            )
        )
        for name in ("report", "similarity", "export"):
            rows.append((f"{name} of {number} × {part}: whole command", f"{after[name]['seconds']:.1f} s"))
    return rows


def table(figures: dict, command: str) -> str:
    """The figures in Markdown."""
    lines = [f"`{command}` on {figures['machine']}; {figures['jobs']} workers.", ""]
    lessons = lessons_of(figures)
    if lessons:
        lines += [
            "| class | a submission, s: stock nbgrader, autograder | faster | without start "
            "| beyond its cells, s: stock, autograder | CPU, s: stock, autograder | worker, MiB |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        for part, one in lessons.items():
            lines.append(
                f"| {one['submissions']} × {part} | {one['stock_seconds']:.2f}, {one['seconds']:.2f} "
                f"| **{one['ratio']:.1f} ×** | {one['steady_ratio']:.1f} × "
                f"| {one['stock_seconds'] - one['cell_seconds']:.2f}, {one['overhead']:.2f} "
                f"| {one['stock_cpu']:.2f}, {one['steady_cpu']:.2f} | {one['worker_mib']:.0f} |"
            )
        checked = sum(one["equal_cells"] for one in lessons.values())
        measured = ", ".join(f"{one['stock_submissions']} of {part}" for part, one in lessons.items())
        lines += [
            "",
            f"The scores of all {checked} cells that both graded are equal. Stock nbgrader graded {measured}, "
            "taken evenly from the same submissions (half of them with a mistake). 'Faster' is the whole "
            "command, start included; 'without start' and CPU count from when all workers are warm. The submissions "
            "carry their outputs, so that given cells which decide nothing (figures, experiments) are not executed "
            "again; stock nbgrader executes all. 'Beyond its cells' is what remains when the time of the executed "
            "cells is taken off.",
            "",
        ]
    rows = []
    if "growth" in figures:
        one = figures["growth"]
        small, large = one["numbers"]
        rows += [
            ("CPU a light submission, everything included", f"{one['cpu_seconds']:.2f} s"),
            ("of it in the coordinating process", f"{one['coordinator_cpu_seconds']:.3f} s"),
            (f"coordinating process, {small} and {large} submissions",
             " and ".join(f"{value:.0f} MiB" for value in one["coordinator_mib"])),
            (f"seconds a light submission, {small} and {large}",
             " and ".join(f"{value:.2f} s" for value in one["steady_seconds"])),
            (f"regrade of {large} unchanged submissions", f"{one['regrade_seconds']:.3f} s each"),
            (f"feedback on {large} light submissions, new and unchanged: whole command",
             " and ".join(f"{each['seconds']:.1f} s" for each in one["feedback"])),
            (f"report on {large} students: whole command", f"{one['report']['seconds']:.1f} s"),
        ]  # fmt: skip
    if "term" in figures:
        one = figures["term"]
        students, assignments = one["numbers"]
        of = f"{students} students with {assignments} light assignments each: whole command"
        rows += [
            (f"report on {of}", f"{one['report']['seconds']:.1f} s"),
            (f"export of {of}", f"{one['export']['seconds']:.1f} s"),
            (
                f"feedback for {of}, new and unchanged",
                " and ".join(f"{each['seconds']:.1f} s" for each in one["feedback"]),
            ),
        ]
    if "kernels" in figures:
        one = figures["kernels"]
        rows += [
            ("kernel ready, median", f"{one['kernel_seconds']:.2f} s"),
            ("fork server ready, from nothing", f"{one['fork_server_seconds']:.1f} s"),
        ]
    if "lesson2" in figures:
        rows.append(("all workers warm, from nothing", f"{figures['lesson2']['first']:.1f} s"))
    if "dask" in figures:
        one = figures["dask"]
        rows.append(
            (f"2 Dask workers against 2 local jobs, {one['number']} × lesson2",
             f"{one['dask_seconds']:.2f} s and {one['local_seconds']:.2f} s a submission ({one['ratio']:.2f})")
        )  # fmt: skip
    rows += after_rows(lessons)
    if rows:
        lines += ["| what | measured |", "| --- | ---: |", *(f"| {what} | {value} |" for what, value in rows)]
    return "\n".join(lines)


def plot(figures: dict, path: Path) -> None:
    """Throughput of both, and the coordinating process as the class grows."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    lessons = lessons_of(figures)
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), width_ratios=(3, 2))
    for offset, name, colour in ((-0.2, "stock_seconds", "0.6"), (0.2, "seconds", "C0")):
        places = [number + offset for number in range(len(lessons))]
        rates = [60 / one[name] for one in lessons.values()]
        label = "stock nbgrader" if name == "stock_seconds" else f"autograder, {figures['jobs']} workers"
        left.bar_label(left.bar(places, rates, 0.4, color=colour, label=label), fmt="%.0f")
    names = [f"{one['submissions']} × {part}" for part, one in lessons.items()]
    left.set_xticks(range(len(lessons)), names)
    left.set(ylabel="submissions a minute", title="Throughput, start included")
    left.legend(frameon=False)
    if "growth" in figures:
        one = figures["growth"]
        right.plot(one["numbers"], one["coordinator_mib"], "o-", label="coordinating process")
        right.plot(one["numbers"], one["worker_mib"], "s-", label="a worker with its kernel")
        right.set(xlabel="submissions", ylabel="MiB", title="Peak memory", ylim=(0, None))
        right.legend(frameon=False)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    fig.tight_layout()
    fig.savefig(path, dpi=110)
    plt.close(fig)
