"""`make browser`: the audit's page in a real Chromium, and axe-core over it.

Needs a Chromium (on the path, or named as argument) and npm, which `make test` does not; what the
page is made of is tested there. Leaves four screenshots in `build/browser`: 1280 and 400 wide,
light and dark. Exit status 1 for a message on the console or a serious finding.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bot.digest.page import page
from tests.digest.audits import sample

OUT = Path(__file__).parents[2] / "build" / "browser"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
AXE = "axe-core@4"
SERIOUS = ("serious", "critical")
SIZES = ((1280, 1700), (400, 3000))
DARK = "--blink-settings=preferredColorScheme=0"
LIGHT = "--blink-settings=preferredColorScheme=1"
RUN_AXE = """
axe.run().then(result => {
  const found = document.createElement("pre");
  found.id = "axe";
  found.textContent = JSON.stringify(result.violations.map(each => [each.impact, each.id,
    each.nodes.map(node => node.html.slice(0, 120))]));
  document.body.append(found);
});
"""


def browse(browser: str, target: Path, *options: str) -> tuple[str, list[str]]:
    """Open a file: what is printed, and the messages of the page's console."""
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += ["--enable-logging=stderr", *options, target.as_uri()]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)  # noqa: S603 - the browser that was named
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def axe_source() -> str:
    """The text of axe-core, fetched by npm."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm was not found; it fetches axe-core.")
    command = [npm, "install", "--silent", "--no-save", "--prefix", str(OUT), AXE]
    subprocess.run(command, check=True)  # noqa: S603 - npm, as found on the path
    return (OUT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def findings(browser: str, html: str, axe: str, scheme: str) -> list[Any]:
    """Everything axe objects to; its script is let in past the page's own policy."""
    open_html = re.sub(r"<meta http-equiv=[^>]*>", "", html)
    open_html = open_html.replace("<details>", "<details open>")
    probed = OUT / "probed.html"
    probed.write_text(open_html.replace("</body>", f"<script>{axe}{RUN_AXE}</script></body>"))
    dom, _ = browse(browser, probed, scheme, "--virtual-time-budget=10000", "--dump-dom")
    found = re.search(r'<pre id="axe">(.*?)</pre>', dom, re.DOTALL)
    if found is None:
        raise SystemExit("axe did not finish.")
    return list(
        json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    )


def main(arguments: list[str]) -> int:
    """Look at the page and say what is wrong with it."""
    browser = next(filter(None, map(shutil.which, (*arguments, *BROWSERS))), None)
    if browser is None:
        raise SystemExit(
            "No Chromium was found. Install one, or: make browser CHROMIUM=/path/to/it"
        )
    OUT.mkdir(parents=True, exist_ok=True)
    html = page(sample())
    target = OUT / "page.html"
    target.write_text(html, "utf-8")
    axe = axe_source()
    wrong: list[Any] = []
    for name, scheme in (("light", LIGHT), ("dark", DARK)):
        for width, height in SIZES:
            picture = OUT / f"{width}-{name}.png"
            size = f"--window-size={width},{height}"
            _, messages = browse(browser, target, scheme, size, f"--screenshot={picture}")
            wrong += messages
        for finding in findings(browser, html, axe, scheme):
            sys.stdout.write(f"{name}: {finding}\n")
            wrong += [finding] if finding[0] in SERIOUS else []
    said = (f"{len(wrong)} things are wrong. Screenshots are in {OUT}.", *wrong)
    sys.stdout.write("\n".join(map(str, said)) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
