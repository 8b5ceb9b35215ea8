// Refresh and hover. Without this script the page reloads itself and every number is still in its tables.
"use strict";
(() => {
  const every = 1000 * Number(document.body.dataset.refresh || 15);
  let good = document.getElementById("now").textContent;

  // ---- refresh: only what differs is replaced, so nothing moves unless data did
  const opened = (root) => new Map([...root.querySelectorAll("details[data-key]")].map((d) => [d.dataset.key, d.open]));
  const bare = (node) => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll("details").forEach((d) => d.removeAttribute("open"));
    copy.querySelectorAll(".cross, datalist > *").forEach((c) => c.remove());
    copy.querySelectorAll(".tile, .chart").forEach((c) => { c.removeAttribute("tabindex"); c.removeAttribute("data-index"); });
    return copy.outerHTML;
  };
  const replace = (old, fresh) => {
    const state = opened(old);
    fresh.querySelectorAll("details[data-key]").forEach((d) => { if (state.has(d.dataset.key)) d.open = state.get(d.dataset.key); });
    old.replaceWith(fresh);
  };
  const lost = (yes) => {
    const banner = document.getElementById("lost");
    if (!banner) return;
    banner.hidden = !yes;
    banner.textContent = yes ? document.body.dataset.lost.replace("{time}", good) : "";
  };
  const swap = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const now = page.getElementById("now");
    if (!now) throw new Error("not the board");
    // in the middle of a Chinese word nothing is replaced, and so the clock stands as well
    if (composing) return;
    const held = [...document.querySelectorAll("main input[id], main select[id]")].map((one) => [one, one.value]);
    const box = held.map(([one]) => one).find((one) => one === document.activeElement);
    const cursor = [box?.selectionStart, box?.selectionEnd]; // none in a field of a number, nor in a choice
    document.getElementById("now").replaceWith(document.importNode(now, true));
    good = now.textContent;
    const keys = (root) => [...root.querySelectorAll("main [data-key]")].filter((n) => n.matches("section, article, p"));
    const mine = keys(document), theirs = keys(page);
    const same = mine.length === theirs.length && mine.every((n, i) => n.dataset.key === theirs[i].dataset.key);
    if (!same) replace(document.getElementById("main"), document.importNode(page.getElementById("main"), true));
    else mine.forEach((node, i) => { if (bare(node) !== bare(theirs[i])) replace(node, document.importNode(theirs[i], true)); });
    // a field keeps what was typed or chosen: its part is replaced all the same, or old numbers would stand under a new time
    for (const [one, value] of held) {
      const again = one.isConnected ? null : document.getElementById(one.id);
      if (!again) continue;
      again.value = value;
      if (again.selectedIndex < 0) again.selectedIndex = 0; // what was chosen is no choice any more
      if (one !== box) continue;
      again.focus({ preventScroll: true });
      if (cursor[0] != null) again.setSelectionRange(...cursor);
    }
  };
  let composing = false;
  document.addEventListener("compositionstart", () => { composing = true; });
  document.addEventListener("compositionend", () => { composing = false; });
  document.addEventListener("focusout", () => { composing = false; });
  // the focused control: the nearest part with a key, and the number of the control in it; a part that is replaced gets the focus back
  const controls = (part) => [...part.querySelectorAll("a, summary, [tabindex]")];
  const spot = () => {
    const part = document.activeElement?.closest("section[data-key], article[data-key]");
    return part ? { key: part.dataset.key, index: controls(part).indexOf(document.activeElement), node: document.activeElement } : null;
  };
  const restore = (was) => {
    if (!was || was.node.isConnected) return;
    const part = document.querySelector(`[data-key="${CSS.escape(was.key)}"]`);
    if (part) controls(part)[was.index]?.focus({ preventScroll: true });
  };
  const refresh = async () => {
    if (document.visibilityState === "hidden") return;
    try {
      const reply = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(10000) });
      if (!reply.ok) throw new Error(String(reply.status));
      const text = await reply.text();
      const was = spot(), { scrollX, scrollY } = window;
      swap(text);
      lost(false);
      stops();
      restore(was);
      window.scrollTo(scrollX, scrollY);
      data.clear();
    } catch { lost(true); }
  };
  setInterval(refresh, every);
  document.addEventListener("visibilitychange", refresh);

  // ---- hover: exact values, read once from the API
  const data = new Map();
  const load = (path) => {
    if (!data.has(path)) data.set(path, fetch(path).then((r) => (r.ok ? r.json() : Promise.reject(r.status))).catch(() => null));
    return data.get(path);
  };
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "status");
  document.body.append(tip);
  const tell = (text, x, y) => {
    tip.textContent = text;
    tip.hidden = !text;
    if (!text) return;
    const width = document.documentElement.clientWidth;
    tip.style.left = `${Math.max(4, Math.min(x + 14, width - tip.offsetWidth - 4)) + scrollX}px`;
    tip.style.top = `${(y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 8 : y + 18) + scrollY}px`;
  };
  const hide = () => { tip.hidden = true; document.querySelectorAll(".cross").forEach((c) => c.setAttribute("visibility", "hidden")); };
  const zone = document.getElementById("now").dataset.zone || undefined;
  const time = (seconds) => new Date(seconds * 1000).toLocaleString("sv-SE", { timeZone: zone }).slice(0, 16);
  const scaled = (value, units) => {
    const [size, unit] = units.find(([s]) => Math.abs(value) >= s) || units[units.length - 1];
    return `${Number((value / size).toPrecision(4))} ${unit}`;
  };
  const watts = (value) => (value == null ? "–" : scaled(value, [[1e6, "MW"], [1e3, "kW"], [1, "W"]]));
  const share = (value) => (value == null ? "–" : `${Math.round(value * 1000) / 10} %`);

  const chartTip = (chart, part, x, y) => load(chart.dataset.source).then((reply) => {
    const trend = reply && reply.trend;
    if (!trend || !trend.times.length) return;
    const index = Math.max(0, Math.min(trend.times.length - 1, Math.floor(part * trend.times.length)));
    const lines = [time(trend.times[index])];
    if (trend.pue) lines.push(`PUE ${trend.pue[index] == null ? "–" : trend.pue[index].toFixed(3)}`, `${chart.dataset.coverage || ""} ${share(trend.coverage[index])}`.trim());
    if (trend.texts) lines.push(trend.texts[document.documentElement.lang.slice(0, 2)][index]);
    else for (const [key, values] of Object.entries(trend.series || {}))
      if (values.some((v) => v != null)) lines.push(`${chart.dataset[key] || key} ${watts(values[index])}`);
    const cross = chart.querySelector(".cross");
    const at = `${((index + 0.5) / trend.times.length) * 100}%`;
    cross.setAttribute("x1", at); cross.setAttribute("x2", at); cross.setAttribute("visibility", "visible");
    chart.dataset.index = index;
    tell(lines.join("\n"), x, y);
  });

  const row = (block) => load(`/api/racks?${new URLSearchParams({ site: block.dataset.site, row: block.dataset.row })}`);
  const rackTip = (block, index, x, y) => row(block).then((reply) => {
    const rack = reply?.rows[index];
    if (!rack) return hide();
    const at = Object.fromEntries(reply.columns.map((name, i) => [name, i]));
    const get = (name) => rack[at[name]];
    const lines = [`${get("rack")}`];
    if (get("power_watts") != null) lines.push(`${watts(get("power_watts"))} / ${watts(get("rated_power_watts"))} = ${share(get("power_utilization_ratio"))}`);
    if (get("used_units") != null) lines.push(`${get("used_units")} / ${get("height_units")} U`);
    if (get("failover_load_ratio") != null) lines.push(`A+B ${share(get("failover_load_ratio"))}`);
    if (get("inlet_temperature_celsius") != null) lines.push(`${get("inlet_temperature_celsius")} °C`);
    if (get("silent_pdus").length) lines.push(`✕ ${get("silent_pdus").join(", ")}`);
    tell(lines.join("\n"), x, y);
  });

  document.addEventListener("pointermove", (event) => {
    const chart = event.target.closest?.(".chart[data-source]");
    if (chart) {
      const box = chart.getBoundingClientRect();
      return void chartTip(chart, (event.clientX - box.left) / box.width, event.clientX, event.clientY);
    }
    const cells = event.target.closest?.(".cells");
    if (cells) return void rackTip(cells.closest(".row"), square(cells, event), event.clientX, event.clientY);
    const tile = event.target.closest?.(".tile");
    if (tile) return void tileTip(tile, event.clientX, event.clientY);
    hide();
  });
  // which of many small squares the pointer is on
  const square = (cells, event) => {
    const box = cells.getBoundingClientRect(), wrap = Number(cells.dataset.wrap), view = cells.viewBox.baseVal;
    const column = Math.floor(((event.clientX - box.left) / box.width) * view.width / 10);
    const line = Math.floor(((event.clientY - box.top) / box.height) * view.height / 10);
    return line * wrap + column;
  };
  // a tile of one rack shows the rack's values, a tile of many its name
  const tileTip = (tile, x, y) => {
    const block = tile.closest(".row");
    if (block.dataset.row === undefined) return tell(tile.textContent.replace(/\s+/g, " ").trim(), x, y);
    rackTip(block, [...tile.closest("ol").children].indexOf(tile.parentNode), x, y);
  };
  document.addEventListener("click", (event) => {
    const cells = event.target.closest?.(".cells");
    if (!cells) return;
    row(cells.closest(".row")).then((reply) => {
      const rack = reply?.rows[square(cells, event)];
      const path = `/sites/${encodeURIComponent(cells.closest(".row").dataset.site)}/racks/`;
      if (rack) location.href = path + encodeURIComponent(rack[reply.columns.indexOf("rack")]) + location.search;
    });
  });
  // ---- a chart as a picture: only with this script, so the button is hidden without it
  document.documentElement.classList.add("scripted");
  document.addEventListener("click", (event) => {
    const plot = event.target.closest?.("button.png")?.closest(".timechart").querySelector(".plot");
    if (plot) import("/static/picture.js").then(({ save }) => save(plot, document.getElementById("now").textContent.trim()));
  });
  document.addEventListener("focusin", (event) => {
    const tile = event.target.closest?.(".tile");
    if (!tile) return;
    const box = tile.getBoundingClientRect();
    tileTip(tile, box.left, box.bottom - 10);
    keepStop(tile);
  });

  // ---- a map of tiles is one stop of the Tab key; the arrow keys move inside it
  const tiles = (map) => [...map.querySelectorAll(".tile")];
  const keepStop = (tile) => tiles(tile.closest(".rows")).forEach((other) => { other.tabIndex = other === tile ? 0 : -1; });
  const stops = () => document.querySelectorAll(".rows.tiles").forEach((map) => {
    const [first] = tiles(map);
    if (first && !map.contains(document.activeElement)) keepStop(first);
  });
  const walk = (tile, key) => {
    const all = tiles(tile.closest(".rows")), at = all.indexOf(tile);
    if (key === "Home") return all[0];
    if (key === "End") return all[all.length - 1];
    if (key === "ArrowLeft" || key === "ArrowRight") return all[at + (key === "ArrowLeft" ? -1 : 1)];
    const box = tile.getBoundingClientRect(), down = key === "ArrowDown";
    const lines = all.map((other) => [other, other.getBoundingClientRect()]).filter(([, b]) => (down ? b.top > box.top + 2 : b.top < box.top - 2));
    const near = ([, b]) => Math.abs(b.top - box.top) * 10 + Math.abs(b.left - box.left);
    return lines.sort((a, b) => near(a) - near(b))[0]?.[0];
  };
  document.addEventListener("keydown", (event) => {
    const tile = event.target.closest?.(".tile");
    if (!tile || !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    walk(tile, event.key)?.focus();
  });
  stops();

  // ---- names are suggested while one types
  let asked = 0;
  document.addEventListener("input", (event) => {
    const box = event.target.closest?.("[data-find]");
    if (!box) return;
    clearTimeout(asked);
    asked = setTimeout(async () => {
      if (!box.value.trim()) return;
      const reply = await load(`${box.dataset.find}&${new URLSearchParams({ find: box.value })}`);
      if (!reply) return;
      const rack = reply.columns.indexOf("rack"), line = reply.columns.indexOf("row");
      box.list.replaceChildren(...reply.rows.slice(0, 12).map((found) => new Option(found[line], found[rack])));
    }, 150);
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => {
    const box = document.getElementById("find-all");
    if (event.key !== "/" || !box || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches?.("input, textarea, select")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return hide();
    const chart = event.target.closest?.(".chart[data-source]");
    if (!chart || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    load(chart.dataset.source).then((reply) => {
      const count = reply?.trend?.times.length;
      if (!count) return;
      const index = Math.max(0, Math.min(count - 1, Number(chart.dataset.index ?? count) + (event.key === "ArrowLeft" ? -1 : 1)));
      const box = chart.getBoundingClientRect();
      chartTip(chart, (index + 0.5) / count, box.left + (box.width * (index + 0.5)) / count, box.top + box.height / 3);
    });
  });
})();
