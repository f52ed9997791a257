"""Takes the images of the report that README.md and docs/report.md show: docs/images/report.webp and docs/images/model.webp.

    python -m benchmarks.screenshots.report [REPORT_FOLDER]

The folder is metrics/report unless another is named. It should be the report of the embedded sample, whose faces are drawn and show nobody.
The second image is the gallery of the model that leads. Chromium and chromedriver must be installed.
"""

import json
import sys
from pathlib import Path

from benchmarks.screenshots.browser import chromium, open_page, save, screenshot

ROOT = Path(__file__).parents[2]
WIDTH_PX = 1400


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "metrics" / "report"
    if not (folder / "index.html").is_file():
        sys.exit(
            f"error: {folder}/index.html does not exist; run `make repro` on the embedded sample first, or name the folder of its report"
        )
    leaderboard = json.loads((folder.parent / "leaderboard.json").read_text(encoding="utf-8"))
    best = max(leaderboard, key=lambda name: leaderboard[name]["macro_f1"])
    browser = chromium()
    try:
        open_page(browser, (folder / "index.html").resolve().as_uri(), width_px=WIDTH_PX, height_px=1160)
        save(screenshot(browser), "report.webp")
        open_page(browser, (folder / "models" / f"{best}.html").resolve().as_uri(), width_px=WIDTH_PX, height_px=760)
        browser.execute_script("document.getElementById('gallery').scrollIntoView({behavior: 'instant'})")
        save(screenshot(browser), "model.webp")
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
