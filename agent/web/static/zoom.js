// Zoom: what is dragged on a chart becomes ?from=&to= of the address. Without this script, the form above the charts does the same.
"use strict";
(() => {
  const LEAST = 600; // seconds: two cells of the ledger
  const MOST = 3659 * 86400; // and less than the ten years that a page shows at most
  const ends = (chart) => [Number(chart.dataset.from), Number(chart.dataset.to)];
  const written = (seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 16)}Z`;
  const go = (from, to) => {
    from = Math.max(from, to - MOST);
    const lack = Math.max(0, LEAST - (to - from)) / 2, url = new URL(location.href);
    ["span", "days"].forEach((name) => url.searchParams.delete(name));
    url.searchParams.set("from", written(Math.floor((from - lack) / 60) * 60));
    url.searchParams.set("to", written(Math.ceil((to + lack) / 60) * 60));
    location.assign(url);
  };
  let drag = null;
  const place = (event) => {
    const box = drag.chart.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  const end = () => { drag?.brush.remove(); drag = null; };
  document.addEventListener("pointerdown", (event) => {
    const chart = event.target.closest?.(".chart[data-from]");
    if (!chart || event.button !== 0 || event.pointerType === "touch") return;
    const brush = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    brush.setAttribute("class", "brush");
    brush.setAttribute("y", "0");
    brush.setAttribute("height", "86%");
    brush.setAttribute("width", "0");
    chart.append(brush);
    drag = { chart, brush, from: 0, to: 0 };
    drag.from = drag.to = place(event);
    event.preventDefault();
    chart.focus({ preventScroll: true });
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (!drag.chart.isConnected) return end(); // the page was renewed under the pointer
    drag.to = place(event);
    drag.brush.setAttribute("x", `${Math.min(drag.from, drag.to) * 100}%`);
    drag.brush.setAttribute("width", `${Math.abs(drag.to - drag.from) * 100}%`);
  });
  document.addEventListener("pointerup", () => {
    if (!drag) return;
    const [first, last] = ends(drag.chart), [a, b] = [drag.from, drag.to].sort((x, y) => x - y);
    end();
    if (b - a > 0.02) go(first + a * (last - first), first + b * (last - first));
  });
  document.addEventListener("pointercancel", end);
  // with the keyboard: + and - around the time that the arrow keys have chosen
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return end();
    const chart = event.target.closest?.(".chart[data-from]");
    if (!chart || !["+", "-"].includes(event.key) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [first, last] = ends(chart), cross = chart.querySelector(".cross[visibility=visible]");
    const at = first + (last - first) * (cross ? parseFloat(cross.getAttribute("x1")) / 100 : 0.5);
    const half = ((last - first) * (event.key === "+" ? 0.5 : 2)) / 2;
    go(at - half, Math.min(at + half, Math.max(last, Date.now() / 1000)));
  });
})();
