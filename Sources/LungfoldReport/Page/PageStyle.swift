/// The page's style sheet and script.
enum PageStyle {
    static let sheet = """
        :root {
          --ink: #1b1f24; --paper: #ffffff; --faint: #55606c; --line: #d5dae0; --band: #f3f5f7;
          --warn: #9a3412; --link: #0b5cad; --heat: #0072b2;
          --shade: rgba(0, 0, 0, 0.22);
        }
        @media screen and (prefers-color-scheme: dark) {
          :root {
            --ink: #e4e8ec; --paper: #14181d; --faint: #a3aeba; --line: #333b44; --band: #1c2229;
            --warn: #fdba74; --link: #7cc0ff; --heat: #56b4e9;
            --shade: rgba(255, 255, 255, 0.25);
          }
          figure.plot svg { filter: brightness(1.3); }
        }
        * { box-sizing: border-box; }
        html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
        main { max-width: 76rem; padding: 1.5rem 2rem 4rem; }
        a { color: var(--link); }
        a:focus-visible, summary:focus-visible, th:focus-visible, .scroll:focus-visible {
          outline: 2px solid var(--link); outline-offset: 2px; }
        .skip { position: absolute; left: -99rem; }
        .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: 0.3rem 0.6rem; z-index: 2; }
        nav { padding: 1.2rem 1.5rem; font-size: 0.9rem; border-bottom: 1px solid var(--line); }
        nav ol { list-style: none; margin: 0; padding: 0; }
        nav ol ol { padding-left: 0.9rem; }
        nav li { margin: 0.2rem 0; }
        nav a { text-decoration: none; }
        nav a:hover { text-decoration: underline; }
        .brand { font-weight: 700; margin: 0 0 0.6rem; letter-spacing: 0.02em; }
        @media (min-width: 70rem) {
          body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
          nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; border-bottom: 0;
            border-right: 1px solid var(--line); }
        }
        h1, h2, h3 { line-height: 1.2; }
        h1 { font-size: 1.9rem; margin: 0.4rem 0; }
        h2 { border-bottom: 1px solid var(--line); padding-bottom: 0.3rem; margin-top: 3rem; }
        p, li, dd { max-width: 60rem; }
        .state { font-size: 1.1rem; color: var(--faint); margin-top: 0; }
        .failures { color: var(--warn); }
        dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.2rem 1.2rem; }
        dt { color: var(--faint); }
        dd { margin: 0; overflow-wrap: anywhere; }
        pre { background: var(--band); padding: 0.8rem 1rem; border-radius: 6px; overflow-x: auto;
          font-size: 0.85rem; white-space: pre-wrap; }
        /* The shades at the edges say that there is more; at an end what lies over them hides them. */
        .scroll { overflow-x: auto; margin: 1.2rem 0; background:
          linear-gradient(to right, var(--paper) 40%, transparent) left / 2rem 100% no-repeat local,
          linear-gradient(to left, var(--paper) 40%, transparent) right / 2rem 100% no-repeat local,
          linear-gradient(to right, var(--shade), transparent) left / 0.7rem 100% no-repeat scroll,
          linear-gradient(to left, var(--shade), transparent) right / 0.7rem 100% no-repeat scroll; }
        table { border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; font-size: 1.05rem; padding-bottom: 0.5rem;
          position: sticky; left: 0; width: fit-content; max-width: calc(100vw - 4rem); }
        @media (min-width: 70rem) { caption { max-width: min(72rem, 100vw - 24rem); } }
        th, td { padding: 0.25rem 0.7rem; text-align: left; white-space: nowrap; }
        thead th { border-bottom: 1px solid var(--line); white-space: normal; vertical-align: bottom; }
        th[scope=colgroup] { text-align: center; }
        th.n { text-align: right; }
        thead th[data-sort] { cursor: pointer; }
        thead th[aria-sort=ascending]::after { content: " \\25B2"; }
        thead th[aria-sort=descending]::after { content: " \\25BC"; }
        tbody tr:nth-child(even) { background: color-mix(in srgb, var(--ink) 5%, transparent); }
        td.n { text-align: right; }
        td.none { color: var(--faint); font-style: italic; }
        table.wide { font-size: 0.8rem; }
        table.wide th, table.wide td { padding: 0.25rem 0.35rem; }
        .notes { color: var(--faint); font-size: 0.85rem; padding-left: 1.1rem; }
        summary { cursor: pointer; font-weight: 600; }
        figure { margin: 1.5rem 0; }
        figure svg { max-width: 100%; height: auto; color: var(--ink); }
        figure img { display: block; max-width: 100%; height: auto; background: transparent; }
        figure.wide img { width: 100%; max-width: 66rem; image-rendering: pixelated; }
        figure.small img { width: 22rem; image-rendering: pixelated; }
        .panels { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr);
          max-width: 66rem; margin: 0 0 0.2rem; text-align: center; color: var(--faint);
          font-size: 0.85rem; }
        figure.small .panels { max-width: 22rem; }
        .tiles { position: relative; max-width: 66rem; }
        .tiles > div { position: absolute; inset: 0; display: grid; }
        .tiles span { padding: 0.15em 0.3em; color: #fff; text-shadow: 0 0 2px #000, 0 0 2px #000;
          font-size: clamp(7px, 1vw, 12px); line-height: 1; }
        figcaption { color: var(--faint); font-size: 0.88rem; max-width: 60rem; margin-top: 0.4rem; }
        .absent { border: 1px dashed var(--line); padding: 1rem; color: var(--faint); max-width: 60rem; }
        .legend b { font-weight: 600; margin-right: 0.6rem; }
        .legend span { display: inline-block; margin-right: 1.2rem; }
        .legend i { display: inline-block; width: 0.9em; height: 0.9em; margin-right: 0.35em;
          vertical-align: -0.08em; border: 1px solid var(--faint); }
        .matrices { display: flex; flex-wrap: wrap; gap: 0 2rem; }
        .matrices .scroll { max-width: 100%; margin: 0.6rem 0; }
        .matrix td.n { background: color-mix(in srgb, var(--heat) calc(var(--share) * 55%), transparent); }
        .matrix tbody tr { background: none; }
        .matrix small { display: block; font-size: 0.85em; }
        footer { margin-top: 4rem; color: var(--faint); font-size: 0.85rem; }
        @media (max-width: 40rem) { main { padding: 1rem; }
          dl { grid-template-columns: 1fr; } dt { margin-top: 0.4rem; } }
        @media print {
          nav, .skip { display: none; } body { display: block; font-size: 10pt; }
          main { max-width: none; padding: 0; } .scroll { overflow: visible; background: none; }
          caption { position: static; width: auto; max-width: none; }
          table, table.wide { font-size: 7.5pt; }
          th, td, table.wide th, table.wide td { padding: 1pt 3pt; white-space: normal; }
          figure, tr, table:not(.long), .matrices > *, .tiles { break-inside: avoid; }
          h2, h3, caption, .legend, .panels { break-after: avoid; } .notes { break-before: avoid; }
          /* Without it, a picture at the top of a page leaves a line of itself on the page before. */
          figure { padding-top: 1pt; }
          /* Colours that mean something are printed though the browser would save the ink. */
          .legend i, .matrix td.n, tbody tr, .tiles span { print-color-adjust: exact; }
        }

        """

    /// Sorts a table by the column whose heading is clicked, or chosen by Enter; empty cells stay last.
    static let script = """
        for (const table of document.querySelectorAll("table.sortable")) {
          const row = table.tHead.rows[table.tHead.rows.length - 1];
          [...row.cells].forEach((head, column) => {
            head.dataset.sort = "";
            head.tabIndex = 0;
            head.title = "Sort by this column";
            const sort = () => {
              const down = head.getAttribute("aria-sort") === "ascending";
              for (const other of row.cells) other.removeAttribute("aria-sort");
              head.setAttribute("aria-sort", down ? "descending" : "ascending");
              const key = r => r.cells[column].dataset.value ?? r.cells[column].textContent;
              const rank = t => t === "" || isNaN(t) ? (t === "" ? 2 : 1) : 0;
              const rows = [...table.tBodies[0].rows];
              rows.sort((a, b) => {
                const [x, y] = [key(a), key(b)];
                if (rank(x) !== rank(y)) return rank(x) - rank(y);
                const order = rank(x) === 0 ? x - y : x.localeCompare(y, "en", {numeric: true});
                return down ? -order : order;
              });
              table.tBodies[0].append(...rows);
            };
            head.addEventListener("click", sort);
            head.addEventListener("keydown", e => {
              if (e.key === "Enter" || e.key === " ") { e.preventDefault(); sort(); }
            });
          });
        }
        addEventListener("beforeprint", () => {
          for (const fold of document.querySelectorAll("details.short")) fold.open = true;
        });

        """
}
