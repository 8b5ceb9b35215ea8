// A chart as a picture: the page's script loads this when somebody asks for one.
const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "vector-effect", "font-family", "font-size", "font-weight", "visibility", "opacity"];
const SVG = "http://www.w3.org/2000/svg";
const EDGE = 14, HEAD = 30, SCALE = 2;

const made = (name, attributes, text = "") => {
  const node = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  node.textContent = text;
  return node;
};
// a drawing with the colours that the style sheet gives it: a picture has no style sheet
const coloured = (drawing) => {
  const copy = drawing.cloneNode(true);
  const mine = [copy, ...copy.querySelectorAll("*")];
  [drawing, ...drawing.querySelectorAll("*")].forEach((one, index) => {
    const style = getComputedStyle(one);
    mine[index].removeAttribute("class");
    KEPT.forEach((name) => mine[index].setAttribute(name, style.getPropertyValue(name)));
  });
  return copy;
};
// a mark is drawn once on the page and referred to: a picture has to have it itself
const whole = (drawing) => {
  const copy = coloured(drawing), used = drawing.querySelectorAll("use");
  copy.querySelectorAll("use").forEach((one, index) => {
    const symbol = document.querySelector(one.getAttribute("href")), colour = getComputedStyle(used[index]).color;
    const mark = made("svg", { x: one.getAttribute("x"), y: one.getAttribute("y"), width: one.getAttribute("width"), height: one.getAttribute("height"), viewBox: symbol.getAttribute("viewBox") });
    for (const part of symbol.children) {
      const style = getComputedStyle(part), drawnPart = part.cloneNode(true);
      drawnPart.removeAttribute("class");
      ["fill", "stroke"].forEach((name) => drawnPart.setAttribute(name, style[name] === "none" ? "none" : colour));
      ["stroke-width", "stroke-dasharray"].forEach((name) => drawnPart.setAttribute(name, style.getPropertyValue(name)));
      mark.append(drawnPart);
    }
    one.replaceWith(mark);
  });
  return copy;
};
const paper = (node) => {
  for (let one = node; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (colour && !/^rgba\(.*, 0\)$|^transparent$/.test(colour)) return colour;
  }
  return "#fff";
};
const drawn = (plot, title, when) => {
  const box = plot.getBoundingClientRect(), style = getComputedStyle(plot);
  const lane = plot.parentElement.querySelector(":scope > .lane"), bottom = (lane ?? plot).getBoundingClientRect().bottom;
  const width = Math.ceil(box.width) + 2 * EDGE, height = Math.ceil(bottom - box.top) + HEAD + EDGE;
  const all = made("svg", { xmlns: SVG, width: width * SCALE, height: height * SCALE, viewBox: `0 0 ${width} ${height}` });
  const words = { y: 20, fill: style.color, "font-family": style.fontFamily };
  all.append(
    made("rect", { width, height, fill: paper(plot) }),
    made("text", { ...words, x: EDGE, "font-size": 14, "font-weight": 600 }, title),
    made("text", { ...words, x: width - EDGE, "font-size": 11, "text-anchor": "end" }, when),
  );
  for (const one of [...plot.children, ...(lane?.children ?? [])]) {
    const at = one.getBoundingClientRect(), copy = whole(one);
    Object.entries({ x: at.left - box.left + EDGE, y: at.top - box.top + HEAD, width: at.width, height: at.height, overflow: "visible" })
      .forEach(([key, value]) => copy.setAttribute(key, value));
    all.append(copy);
  }
  return new Blob([new XMLSerializer().serializeToString(all)], { type: "image/svg+xml" });
};

// Returns the picture of a chart as PNG, and the name of its file.
export const picture = async (plot, when) => {
  const title = plot.querySelector(".chart title").textContent;
  const address = URL.createObjectURL(drawn(plot, title, when));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    canvas.getContext("2d").drawImage(image, 0, 0);
    const png = await new Promise((done) => canvas.toBlob(done, "image/png"));
    return { png, name: `hubgauge-${title.replace(/[^\p{L}\p{N}]+/gu, "-")}.png` };
  } finally { URL.revokeObjectURL(address); }
};
export const save = async (plot, when) => {
  const { png, name } = await picture(plot, when);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(png);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};
