"""`make pictures`: the pictures of the guides, taken from a demo by everybody who works there, in both languages.

By day in China there is sun on the roofs; the demo's park keeps the time of its site.
"""

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.command.conftest import COMMAND, Folder, until
from tests.e2e.people.conftest import SKIP
from tests.pictures.scenes import FIRST_START, SCENES, Scene

FOLDER = Path(__file__).parents[2] / "deploy" / "pictures"
CHROMIUM = "/usr/bin/chromium"
MOST_BYTES = 120 * 1024
COLOURS = 128  # of a picture, chosen so that the rare ones (an alarm) stay what they are
ALARM = "/api/v1/alarms/device-silent:huali-drying"
NEW_PARK = "site: {id: qinghe, name: {en: Qinghe Industrial Park, zh: 清河工业园}, timezone: Asia/Shanghai}\n"


@dataclass(frozen=True, slots=True)
class Place:
    """A running gateway: where its page is, and its folder for commands."""

    base: str
    folder: Folder

    def token(self, person: str) -> str:
        """A fresh link's secret."""
        told = self.folder.run("user", "link", person, "-c", str(self.folder.config)).stdout
        return told.split("#token=", 1)[1].split()[0]


def main() -> None:
    """Take all pictures, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these pictures")
    names = set(parser.parse_args().names)
    scenes = [scene for scene in SCENES if not names or scene.name in names]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        if not names or FIRST_START.name in names:
            with a_new_gateway() as place:
                take(browser, place, FIRST_START)
        if scenes:
            with a_demo() as place:
                for scene in scenes:
                    take(browser, place, scene)
        browser.close()


@contextmanager
def a_demo() -> Iterator[Place]:
    """`make demo` in a folder that goes away; its accounts are told and its silent meters have been noticed."""
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(Path(path))
        ports = (f"--port={folder.port}", f"--modbus-base={folder.modbus_base}", f"--mqtt-port={folder.mqtt_port}")
        folder.start(COMMAND, "demo", f"--directory={folder.path}", *ports)
        try:
            until(lambda: "/login#token=" in (folder.path / "log.txt").read_text(), 120, "the demo prints its links")
            until(lambda: folder.get(ALARM)["state"] != "normal", 180, "the silent meter is noticed")
            yield Place(f"http://127.0.0.1:{folder.port}", folder)
        finally:
            folder.end()


@contextmanager
def a_new_gateway() -> Iterator[Place]:
    """A gateway at its first start: nobody can sign in yet."""
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(Path(path))
        folder.config.write_text(f"{NEW_PARK}api: {{port: {folder.port}}}\n", encoding="utf-8")
        folder.start_gateway()
        try:
            until(lambda: "setup code:" in (folder.path / "log.txt").read_text(), 60, "the gateway prints its code")
            yield Place(f"http://127.0.0.1:{folder.port}", folder)
        finally:
            folder.end()


def take(browser: Browser, place: Place, scene: Scene) -> None:
    """One scene in both languages; a file that stays under `MOST_BYTES`."""
    for language in ("en", "zh"):
        width, height = scene.size
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="light", reduced_motion="reduce"
        )
        page = context.new_page()
        if scene.person:
            sign_in(page, place, scene.person, language)
        page.goto(f"{place.base}{scene.path}{'&' if '?' in scene.path else '?'}lang={language}")
        page.locator(scene.ready).first.wait_for(timeout=90_000)
        scene.act(page)
        page.wait_for_timeout(1500)  # charts and live values are drawn once more
        keep(page, f"{scene.name}.{language}.png")
        context.close()


def sign_in(page: Page, place: Place, person: str, language: str) -> None:
    """By a one-time link, as the demo prints them."""
    page.goto(f"{place.base}/login?lang={language}#token={place.token(person)}")
    page.get_by_role("button", name=SKIP[language]).click()
    page.wait_for_url(lambda url: "/login" not in url)


def keep(page: Page, name: str) -> None:
    """The page as a small file. Raises ValueError where it is too large."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    small = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    small.save(buffer, "PNG", optimize=True)
    if len(buffer.getvalue()) > MOST_BYTES:
        raise ValueError(f"{name} has {len(buffer.getvalue())} bytes; at most {MOST_BYTES}")
    (FOLDER / name).write_bytes(buffer.getvalue())
    sys.stdout.write(f"{name}  {len(buffer.getvalue()) // 1024} KiB\n")


if __name__ == "__main__":
    main()
