"""The looks of a report: one sheet, light and dark by what the reader's system prefers."""

CSS = """
:root { color-scheme: light dark; --page: #fbfbfa; --card: #ffffff; --text: #1d2126;
  --soft: #5c6570; --rule: #dfe2e6; --c0: #1860c4; --c1: #c2570a; --c2: #6b3fa0;
  --right: #15803d; --wrong: #b9c0c8; --note: #fff7e0; }
@media (prefers-color-scheme: dark) { :root { --page: #14171a; --card: #1c2024; --text: #e8eaed;
  --soft: #a3acb6; --rule: #343a41; --c0: #7fb2ff; --c1: #ffab70; --c2: #c9a6ff;
  --right: #4ade80; --wrong: #4b535c; --note: #2b2718; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 6px; letter-spacing: -0.01em; }
h2 { font-size: 19px; margin: 40px 0 12px; }
h3 { font-size: 15px; margin: 0 0 8px; }
p { margin: 0 0 10px; max-width: 75ch; }
.soft, .facts { color: var(--soft); }
.facts { max-width: none; }
.facts span { white-space: nowrap; }
.facts span + span::before { content: "·"; margin: 0 8px; }
.note { background: var(--note); border-radius: 8px; padding: 8px 12px; margin: 8px 0;
  max-width: none; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 16px; margin: 0 0 16px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 6px 12px; text-align: right; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; font-weight: 500; }
thead th { color: var(--soft); font-weight: 600; }
tbody tr:last-child > * { border-bottom: 0; }
td small { display: block; color: var(--soft); font-size: 12px; line-height: 1.2; }
tr.published td, tr.published th { color: var(--soft); font-style: italic; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr));
  gap: 16px; }
.charts .card { margin: 0; }
.charts p { font-size: 13px; margin: 8px 0 0; }
.asked p { margin: 0; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
svg .key, svg .label { fill: var(--text); }
.grid { stroke: var(--rule); stroke-width: 1; }
.line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
.area { fill-opacity: 0.28; stroke-width: 1.6; }
.c0 { stroke: var(--c0); } .area.c0 { fill: var(--c0); }
.c1 { stroke: var(--c1); } .line.c1 { stroke-dasharray: 7 4; } .area.c1 { fill: var(--c1); }
.c2 { stroke: var(--c2); } .line.c2 { stroke-dasharray: 2 4; }
.query { display: grid; grid-template-columns: 170px minmax(0, 1fr); gap: 18px; }
.asked { font-weight: 500; overflow-wrap: anywhere; }
.asked img { display: block; margin-bottom: 6px; }
.asked .soft { font-weight: 400; font-size: 13px; }
.row { display: flex; gap: 8px; overflow-x: auto; padding: 3px 3px 6px; }
figure { margin: 0; flex: 1 0 62px; max-width: 104px; }
figure img, .none { width: 100%; height: 72px; object-fit: cover; border-radius: 7px;
  outline: 2px solid var(--wrong); outline-offset: -1px; display: block;
  background: var(--rule); }
.asked img { max-width: 100%; max-height: 132px; border-radius: 7px; }
figure.right img, figure.right .none { outline: 3px solid var(--right); }
figure.own img { opacity: 0.55; }
figcaption { font-size: 12px; line-height: 1.3; color: var(--soft); padding-top: 4px;
  font-variant-numeric: tabular-nums; }
figure.right figcaption b { color: var(--right); }
figure.missed { border-left: 1px solid var(--rule); padding-left: 8px; max-width: 113px; }
figure.missed + figure.missed { border-left: 0; padding-left: 0; max-width: 104px; }
figure.missed img { outline: 2px dashed var(--right); }
.none { display: grid; place-items: center; font-size: 11px; color: var(--soft); }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 18px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 640px) { main { padding: 18px 14px 40px; } h1 { font-size: 21px; }
  .query { grid-template-columns: 1fr; gap: 10px; } .card { padding: 12px; }
  .asked { display: flex; gap: 12px; align-items: flex-start; }
  .asked img { max-height: 84px; max-width: 42vw; margin: 0; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; }
  th, td { padding: 6px 8px; } }
@media print { .row { flex-wrap: wrap; } .card { break-inside: avoid; } }
""".strip()
