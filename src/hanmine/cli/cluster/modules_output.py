"""The modules themselves, one a row: on a terminal, in a table, and as a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanmine.formats.atomic import open_output
from hanmine.formats.tables import write_table

if TYPE_CHECKING:
    from hanmine.cli.cluster.found import Found
    from hanmine.cli.environment import Environment
    from hanmine.graphs.describe import ModuleDescription

MODULES_ON_TERMINAL = 20
MEMBERS_ON_TERMINAL = 6
_WIDEST = 44  # characters of a sentence on a terminal
_BETWEEN_SENTENCES = " | "


def show_modules(environment: Environment, found: Found) -> None:
    """Print the modules with most flow, each with its words and central nodes, and the description length below."""
    from hanmine.cli.cluster.output import result_line
    from hanmine.formats.terminal import print_table

    if found.by_row:
        several = [one for one in found.modules if one.nodes > 1]
        table = theme_table(found, several[:MODULES_ON_TERMINAL])
        count, alone = len(several), len(found.modules) - len(several)
    else:
        table = module_table(found, MODULES_ON_TERMINAL)
        count, alone = found.result.summary["modules"], 0
    if table["module"]:
        print_table(environment.stdout, table, styled=environment.styles_output)
    more = count - len(table["module"])
    parts = [f"{more:,} more modules"] if more > 0 else []
    parts += [f"{alone:,} {found.called}s that are alone"] if alone else []
    if parts:
        environment.print_line(f"and {', and '.join(parts)}; -o FILE saves all")
    environment.print_line(result_line(found.result))


def module_table(found: Found, most: int) -> dict[str, Any]:
    """The first `most` top modules of a graph: nodes, flow, what of it exits in a step, nodes with most flow."""
    import numpy as np

    from hanmine.graphs.describe import by_flow, module_sizes

    result = found.result
    nodes, flows, exits = module_sizes(result)
    order = by_flow(result.labels, result.tree.flow)
    begin = np.concatenate([[0], np.cumsum(nodes)])
    members = MEMBERS_ON_TERMINAL if found.label is None else found.label
    shown = min(len(nodes), most)
    return {
        "module": list(range(1, shown + 1)),
        "nodes": nodes[:shown],
        "flow": flows[:shown],
        "exit": exits[:shown],
        "central nodes": [
            ", ".join(found.called_as(node) for node in order[begin[k] : begin[k + 1]][:members].tolist())
            for k in range(shown)
        ],
    }


def theme_table(found: Found, modules: list[ModuleDescription]) -> dict[str, Any]:
    """Modules of vectors or words for a person: their words, and a representative sentence or the central members."""
    table: dict[str, Any] = {
        "module": [one.module for one in modules],
        "nodes": [one.nodes for one in modules],
        "flow": [one.flow for one in modules],
        "exit": [one.exit for one in modules],
    }
    if found.label != 0 and (found.sentences is not None or found.cooccurrences is not None):
        table["distinctive words"] = [", ".join(word for word, _ in one.distinctive) for one in modules]
    if found.sentences is not None:
        table["representative sentence"] = [
            _short(found.sentences[one.central[0]]) if one.central else "" for one in modules
        ]
    else:
        table["central members"] = [", ".join(found.called_as(node) for node in one.central) for one in modules]
    return table


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def write_module_table(path: Path, found: Found, *, header: bool) -> None:
    """Write a row for each top module: module, nodes, flow, exit, label, distinctive, central, border.

    tsv and csv have texts: names joined by commas, sentences by bars, and in `border` each member with the module to
    which it leans and its share there. jsonl and json have lists of objects.
    """
    from hanmine.cli.cluster.found import details_of
    from hanmine.cli.output import table_format_of

    format = table_format_of(path)
    if format in ("tsv", "csv"):
        table = _module_texts(found)
        with open_output(path) as stream:
            write_table(stream, table, format, header=header)
        return
    rows = [
        {"module": one.module, "nodes": one.nodes, "flow": one.flow, "exit": one.exit, **details}
        for one, details in zip(found.modules, details_of(found), strict=True)
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    text = "\n".join(lines) + "\n" if format == "jsonl" else "[" + ",\n".join(lines) + "\n]\n"
    with open_output(path) as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))


def _module_texts(found: Found) -> dict[str, Any]:
    between = ", " if found.sentences is None else _BETWEEN_SENTENCES
    modules = found.modules
    return {
        "module": [one.module for one in modules],
        "nodes": [one.nodes for one in modules],
        "flow": [f"{one.flow:.6g}" for one in modules],
        "exit": [f"{one.exit:.6g}" for one in modules],
        "label": [one.label for one in modules],
        "distinctive": [", ".join(f"{word} {score:.1f}" for word, score in one.distinctive) for one in modules],
        "central": [between.join(found.called_as(node) for node in one.central) for one in modules],
        "border": [
            between.join(f"{found.called_as(node)} ({module}: {share:.2f})" for node, module, share in one.border)
            for one in modules
        ],
    }


def check_picture(path: Path | None) -> None:
    """Refuse before the work a picture that could not be drawn.

    Raises
    ------
    UsageError : HANMINE_FONT is no font.
    """
    if path is not None:
        from hanmine.report.fonts import check_fonts

        check_fonts()


def draw(path: Path, found: Found) -> list[str]:
    """Draw the map of the top modules; those of a single node only where there are no others.

    Returns lines that a user should see. Raises as `hanmine.report.modules.draw_modules` does.
    """
    from hanmine.infomap.tree_links import tree_links
    from hanmine.report.modules import ModuleNode, draw_modules

    result = found.result
    shown = [one for one in found.modules if one.nodes > 1] or found.modules
    place = {one.module: index for index, one in enumerate(shown)}
    nodes = [
        ModuleNode(
            label=" ".join(word for word, _ in one.distinctive),
            flow=one.flow,
            size=one.nodes,
            members=[found.called_as(node) for node in one.central],
        )
        for one in shown
    ]
    links = tree_links(result.tree, result.flow, result.network, directed=True)
    between = slice(links.begin[0], links.begin[1])
    ends = zip(
        links.source[between].tolist(), links.target[between].tolist(), links.link_flow[between].tolist(), strict=True
    )
    crossing = [(place[one], place[other], flow) for one, other, flow in ends if one in place and other in place]
    return draw_modules(path, nodes, crossing)
