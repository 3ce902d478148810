"""Notebooks as pages of the site, with what they printed when they ran."""

import json
import pathlib
from collections.abc import Iterator

_KIND = ".ipynb"
_PICTURE = "image/png"


def on_files(files, config):
    """Puts a page in the place of each notebook."""
    # Only whoever builds the site has it.
    from mkdocs.structure.files import File

    for file in list(files):
        if not file.src_uri.endswith(_KIND):
            continue
        files.remove(file)
        notebook = json.loads(pathlib.Path(file.abs_src_path).read_text())
        page = file.src_uri.removesuffix(_KIND) + ".md"
        content = as_markdown(notebook)
        files.append(File.generated(config, page, content=content))
    return files


def as_markdown(notebook: dict) -> str:
    """Returns a notebook's cells and what they left, one below the other.

    Args:
        notebook: As JSON, format 4.
    """
    return "\n\n".join(
        part for cell in notebook["cells"] for part in _parts(cell)
    )


def _parts(cell: dict) -> Iterator[str]:
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield text
        return
    yield f"```python\n{text}\n```"
    printed = "".join(map(_text, cell["outputs"])).rstrip()
    if printed:
        yield f'```{{ .text .no-copy title="It prints" }}\n{printed}\n```'
    for output in cell["outputs"]:
        if _PICTURE in output.get("data", {}):
            encoded = "".join(output["data"][_PICTURE]).strip()
            yield f"![What the cell draws](data:{_PICTURE};base64,{encoded})"


def _text(output: dict) -> str:
    data = output.get("data", {})
    if _PICTURE in data:
        return ""
    return "".join(output.get("text", data.get("text/plain", "")))
