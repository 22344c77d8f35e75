"""First paint of the page on a slow machine: Chromium with a sixth of its speed against the real gateway.

FCP and LCP are the browser's own (first and largest contentful paint, ms after the address was opened), `frame_ms` is
when the tabs are there, `live_ms` when the first live value is; CLS is the layout shift of the load (0: nothing moved).
"""

import asyncio
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.bench.pages import sign_in

SLOWER = 6
TIMES = 3
PATHS = ("/park", "/devices/meter-1", "/alarms", "/gateway")
_OBSERVE = """() => {
  const seen = (window.seen = { lcp: 0, cls: 0, frame: 0, live: 0 });
  new PerformanceObserver((list) => list.getEntries().forEach((one) => (seen.lcp = one.startTime)))
    .observe({ type: "largest-contentful-paint", buffered: true });
  const shift = (one) => (seen.cls += one.hadRecentInput ? 0 : one.value);
  new PerformanceObserver((list) => list.getEntries().forEach(shift))
    .observe({ type: "layout-shift", buffered: true });
  const look = () => {
    if (!seen.frame && document.querySelector("#tabs a")) seen.frame = performance.now();
    if (!seen.live && document.querySelector("#live time")?.textContent) seen.live = performance.now();
    if (!seen.live) requestAnimationFrame(look);
  };
  look();
}"""
_READ = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const weight = performance.getEntriesByType("resource").reduce((sum, one) => sum + one.encodedBodySize, 0);
  return { ...window.seen, fcp: paint?.startTime ?? null, kib: weight / 1024 };
}"""
Figures = dict[str, Any]


def first_paints(port: int, socket: Path) -> Iterator[Figures]:
    """One line a page: the median of some loads, each with an empty cache."""
    yield from asyncio.run(_measure(port, socket))


async def _measure(port: int, socket: Path) -> list[Figures]:
    cookie = (await sign_in(port, socket, 1))[0]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            return [await _page(browser, f"http://127.0.0.1:{port}", path, cookie) for path in PATHS]
        finally:
            await browser.close()


async def _page(browser: Browser, address: str, path: str, cookie: str) -> Figures:
    loads = []
    for _ in range(TIMES):
        context = await browser.new_context(viewport={"width": 1440, "height": 900})
        name, _, value = cookie.partition("=")
        await context.add_cookies([{"name": name, "value": value, "url": address}])
        loads.append(await _load(context, address + path))
        await context.close()
    medians = {name: statistics.median(load[name] for load in loads) for name in loads[0]}
    figures = {f"{name}_ms": round(medians[name]) for name in ("fcp", "lcp", "frame", "live")}
    cls = max(load["cls"] for load in loads)
    return {"workload": "first_paint", "path": path, **figures, "cls": round(cls, 4), "kib": round(medians["kib"], 1)}


async def _load(context: BrowserContext, address: str) -> dict[str, float]:
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    await page.add_init_script(f"({_OBSERVE})()")
    await page.goto(address)
    await page.wait_for_function("() => window.seen.live > 0", timeout=30_000)
    await page.wait_for_timeout(1500)  # what comes late may move what is there
    found: dict[str, float] = await page.evaluate(_READ)
    return found
