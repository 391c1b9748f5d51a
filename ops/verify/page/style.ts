/** The page's only style sheet: light, dark and print; nothing is loaded. Every pair of colours has a contrast of 4.5 or more. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fdfcfa; --raised: #ffffff; --ink: #1c1f23; --soft: #565c64; --line: #dedad2; --link: #0b5394;
  --good: #17633a; --good-paper: #e7f4ea; --bad: #a11d17; --bad-paper: #fdeae7;
  --open: #754c00; --open-paper: #fdf2d8; --none: #565c64; --none-paper: #f1efea;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --raised: #1c2025; --ink: #e8e6e1; --soft: #a7adb5; --line: #343a42; --link: #8ab8f0;
    --good: #7fd6a0; --good-paper: #14291d; --bad: #ff9b92; --bad-paper: #361a19;
    --open: #f1c66b; --open-paper: #2e2511; --none: #a7adb5; --none-paper: #242930;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  overflow-wrap: break-word;
}
body > * { padding-inline: max(1.25rem, calc((100vw - 58rem) / 2)); }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; margin: 0; font-weight: 650; }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.3rem); letter-spacing: -0.015em; }
h2 { font-size: 1.3rem; letter-spacing: -0.005em; }
h3 { font-size: 1.02rem; }
p { margin: 0.4rem 0; max-width: 46rem; }
a { color: var(--link); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
code, pre, .name { font-family: var(--mono); font-size: 0.86em; }
code, td, th, dd, .seen { unicode-bidi: isolate; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--raised); padding: 0.4rem 0.8rem; }
.sprite { position: absolute; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon { width: 1em; height: 1em; flex: none; fill: none; stroke: currentColor; stroke-width: 2.4; stroke-linecap: round; stroke-linejoin: round; }
.soft, .facts dt, .eyebrow { color: var(--soft); }
.pass { --tone: var(--good); --tone-paper: var(--good-paper); }
.fail { --tone: var(--bad); --tone-paper: var(--bad-paper); }
.undetermined { --tone: var(--open); --tone-paper: var(--open-paper); }
.not-applicable, .none { --tone: var(--none); --tone-paper: var(--none-paper); }

.verdict { background: var(--tone-paper); border-bottom: 1px solid var(--line); padding-block: 2.2rem 1.6rem; }
.verdict h1 { display: flex; gap: 0.6em; align-items: flex-start; color: var(--tone); }
.verdict h1 .icon { width: 1.15em; height: 1.15em; margin-top: 0.05em; }
.verdict .sum { font-size: 1.08rem; }
.eyebrow { font-size: 0.85rem; letter-spacing: 0.04em; margin: 0 0 0.5rem; }
.verdict .eyebrow, .verdict .facts dt { color: var(--ink); }
.facts { display: flex; flex-wrap: wrap; gap: 0.3rem 2rem; margin: 1.2rem 0 0; font-size: 0.9rem; }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; }

main { padding-block: 0.5rem 3rem; }
main > section { margin-top: 2.6rem; }
main > section > h2 { padding-bottom: 0.5rem; border-bottom: 1px solid var(--line); }
.tag { display: inline-flex; align-items: center; gap: 0.35em; white-space: nowrap; font-size: 0.82rem; font-weight: 600;
  color: var(--tone); background: var(--tone-paper); border-radius: 1em; padding: 0.1em 0.7em 0.1em 0.5em; }
.marked { display: inline-flex; gap: 0.4em; align-items: baseline; }
.marked.fail { color: var(--tone); font-weight: 600; }
.marked .icon { color: var(--tone); width: 0.85em; height: 0.85em; transform: translateY(0.08em); }

.boxes, .todo { list-style: none; margin: 0.9rem 0 0; padding: 0; }
.boxes li { display: grid; grid-template-columns: 1.9rem 1fr auto; gap: 0 0.6rem; padding: 0.6rem 0; border-bottom: 1px solid var(--line); }
.boxes li > p { grid-column: 2 / -1; margin: 0.1rem 0 0; font-size: 0.88rem; }
.boxes li > a { color: inherit; font-weight: 550; text-decoration-color: var(--line); }
.boxes li > a:hover { text-decoration-color: currentColor; }
.tick { width: 1.45rem; height: 1.45rem; border: 2px solid var(--tone); border-radius: 0.3rem; display: grid; place-items: center; color: var(--tone); background: var(--tone-paper); }
.tick .icon { width: 1.05rem; height: 1.05rem; }
.todo li { border-left: 4px solid var(--tone); background: var(--tone-paper); border-radius: 0 0.4rem 0.4rem 0; padding: 0.8rem 1rem; margin-top: 0.8rem; }
.todo p { margin: 0.35rem 0 0; }

.line { margin-top: 1.6rem; }
.line > header { display: flex; gap: 0.4rem 0.8rem; flex-wrap: wrap; align-items: baseline; }
.line > header h3 { flex: 1 1 18rem; }
.line > p { font-size: 0.9rem; }
.id { font-family: var(--mono); font-size: 0.85em; font-weight: 500; color: var(--soft); margin-right: 0.4em; }
details.probe { border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 0.4rem; background: var(--raised); margin-top: 0.55rem; }
.probe > summary { display: grid; grid-template-columns: 8.6rem 10.8rem 1fr auto; gap: 0.15rem 0.6rem; align-items: baseline; padding: 0.55rem 0.9rem; cursor: pointer; list-style: none; }
.probe > summary::-webkit-details-marker { display: none; }
.probe > summary:hover { background: var(--tone-paper); }
.fold { align-self: center; transform: rotate(0deg); color: var(--soft); }
details[open] > summary .fold { transform: rotate(90deg); }
.probe .tag { justify-self: start; }
.probe .name { color: var(--ink); font-weight: 600; }
.line > p a { color: var(--soft); }
.probe .seen { font-size: 0.92rem; min-width: 0; overflow-wrap: anywhere; }
.probe > .body { padding: 0.1rem 1rem 1rem; border-top: 1px solid var(--line); }
.probe .todo-line { border-left: 3px solid var(--tone); padding-left: 0.7rem; }
.same { margin-top: 0.9rem; }
.same > summary { cursor: pointer; font-size: 0.88rem; color: var(--link); width: fit-content; }

figure { margin: 1.2rem 0 0; }
figcaption, caption { font-weight: 600; font-size: 0.92rem; text-align: left; padding-bottom: 0.4rem; }
.scroll { overflow-x: auto; margin-top: 1.2rem; }
.scroll caption { position: sticky; left: 0; }
table { border-collapse: collapse; font-size: 0.86rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.34rem 0.8rem 0.34rem 0; border-bottom: 1px solid var(--line); min-width: 6.5rem; max-width: 26rem; overflow-wrap: anywhere; }
thead th { color: var(--soft); font-weight: 550; white-space: normal; }
tbody th { font-weight: 550; }
.numbers td, .numbers th { font-variant-numeric: tabular-nums; }
pre { background: var(--none-paper); padding: 0.8rem 1rem; border-radius: 0.4rem; overflow-x: auto; margin: 0; line-height: 1.45; unicode-bidi: plaintext; }
.matrix td { border: 1px solid var(--line); padding: 0.3rem 0.7rem; min-width: 7rem; }
.matrix tbody th { font-weight: 400; }
.matrix .may { background: var(--good-paper); color: var(--good); font-weight: 600; }
.matrix .may-not { color: var(--soft); }
.matrix .wrong { background: var(--bad-paper); outline: 2px solid var(--bad); outline-offset: -2px; }

.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.4rem; font-size: 0.82rem; color: var(--soft); margin: 0.6rem 0; }
.key { display: inline-flex; align-items: center; gap: 0.5em; }
.key::before { content: ""; width: 1.5em; border-top: 3px solid var(--link); }
.key.theory::before { border-top: 2px dashed var(--soft); }
.key.refused::before { border: 0; height: 0.8em; width: 0.8em; background: var(--bad); opacity: 0.75; }
.key.today::before { width: 0; height: 1em; border: 0; border-left: 2px solid var(--ink); }
.axes { position: relative; height: 15rem; margin-left: 2.6rem; border-left: 1px solid var(--soft); border-bottom: 1px solid var(--soft); }
.axes.low { height: 3.6rem; margin-top: 0.7rem; margin-bottom: 1.8rem; }
.axes svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.axes path { fill: none; vector-effect: non-scaling-stroke; }
.axes .grid { stroke: var(--line); }
.axes .room { fill: var(--none-paper); opacity: 0.7; }
.axes .theory { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 6 4; }
.axes .passed { stroke: var(--link); stroke-width: 2.5; stroke-linejoin: round; }
.axes rect.refused { fill: var(--bad); opacity: 0.75; }
.axes span { position: absolute; font-size: 0.76rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.axes .y { right: calc(100% + 0.4rem); transform: translateY(50%); }
.axes .x { top: calc(100% + 0.25rem); transform: translateX(-50%); white-space: nowrap; }

.lane { margin-top: 0.7rem; }
.lane p { font-size: 0.86rem; max-width: none; }
.lane p b { font-weight: 600; margin-right: 0.5em; }
.lane p span { color: var(--soft); }
.track { position: relative; height: 1.1rem; background: linear-gradient(var(--line), var(--line)) center / 100% 1px no-repeat; }
.track i { position: absolute; top: 50%; }
.track .bar { height: 0.36rem; margin-top: -0.18rem; background: var(--line); border-radius: 0.2rem; }
.track .now { top: 0; height: 100%; border-left: 2px solid var(--ink); margin-left: -1px; }
.track .event { width: 0.8rem; height: 0.8rem; margin: -0.4rem 0 0 -0.4rem; border-radius: 50%; border: 2px solid var(--soft); background: var(--raised); }
.track .event.good { background: var(--good); border-color: var(--good); }
.track .event.bad { background: var(--bad); border-color: var(--bad); border-radius: 0; rotate: 45deg; }
.days { position: relative; height: 1.4rem; font-size: 0.76rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.days span { position: absolute; transform: translateX(-50%); white-space: nowrap; }

body > footer { border-top: 1px solid var(--line); padding-block: 1.4rem 3rem; font-size: 0.9rem; color: var(--soft); }
footer ul { padding-left: 1.2rem; margin: 0.4rem 0; }

@media (max-width: 40rem) {
  .probe > summary { grid-template-columns: auto 1fr auto; }
  .probe > summary .seen { grid-column: 1 / -1; }
  .probe > summary .fold { grid-column: 3; grid-row: 1; }
  .days span:nth-child(even) { display: none; }
  .boxes li { grid-template-columns: 1.9rem 1fr; }
  .boxes li > .tag { grid-column: 2; justify-self: start; margin-top: 0.2rem; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print {
  :root { --paper: #fff; --raised: #fff; }
  body { font-size: 10pt; }
  body > * { padding-inline: 0; }
  .verdict { padding-inline: 1rem; }
  details::details-content { content-visibility: visible; block-size: auto; display: block; }
  .fold, .skip, .same > summary { display: none; }
  .scroll { overflow: visible; }
  pre { white-space: pre-wrap; }
  h2, h3, summary, figcaption, caption { break-after: avoid; }
  tr, .boxes li, .todo li, .axes, .lane { break-inside: avoid; }
  .verdict, .tag, .tick, .todo li, .matrix td, pre, .axes, .track, .track i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  a { color: inherit; }
}
@media print and (prefers-color-scheme: dark) {
  :root {
    color-scheme: light;
    --ink: #1c1f23; --soft: #565c64; --line: #dedad2; --link: #0b5394;
    --good: #17633a; --good-paper: #e7f4ea; --bad: #a11d17; --bad-paper: #fdeae7;
    --open: #754c00; --open-paper: #fdf2d8; --none: #565c64; --none-paper: #f1efea;
  }
}
`;
