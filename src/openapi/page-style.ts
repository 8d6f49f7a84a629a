// How the page looks: one column beside a table of contents, light and dark as the reader's system is.

export const STYLE = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2024;--soft:#60646c;--line:#e4e6ea;--fill:#f6f7f9;--link:#0b62c4;
--get:#1a7f4b;--post:#0b62c4;--put:#8a5a00;--patch:#8a5a00;--delete:#b3261e}
@media(prefers-color-scheme:dark){:root{--paper:#111316;--ink:#e6e8eb;--soft:#9ba1a9;--line:#2a2e34;--fill:#191c20;
--link:#6cb0ff;--get:#5cc98d;--post:#6cb0ff;--put:#e0b050;--patch:#e0b050;--delete:#ff8a80}}
*{box-sizing:border-box}html{scroll-behavior:smooth;scroll-padding-top:1rem}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
a{color:var(--link);text-decoration:none}a:hover,a:focus-visible{text-decoration:underline}
nav{padding:1.5rem;border-bottom:1px solid var(--line);font-size:.85rem}
nav ul,nav ol{list-style:none;margin:.2rem 0 1rem;padding:0}nav li{margin:.15rem 0;overflow-wrap:anywhere}
main{max-width:60rem;padding:1.5rem}
@media(min-width:64rem){body{display:grid;grid-template-columns:19rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow-y:auto;border:0;border-right:1px solid var(--line)}main{padding:2rem 3rem}}
h1{margin:0;font-size:1.9rem}h2{margin:3rem 0 .3rem;font-size:1.35rem}h3{margin:0;font-size:1rem;font-weight:600}
h4{margin:1.4rem 0 .3rem;font-size:.8rem;letter-spacing:.06em;text-transform:uppercase;color:var(--soft)}
article{margin:1.5rem 0;padding:1.2rem 0 0;border-top:1px solid var(--line)}p{margin:.5rem 0}
code,pre{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,monospace}h3 code{font-size:.95em;overflow-wrap:anywhere}
pre{background:var(--fill);border:1px solid var(--line);border-radius:6px;padding:.8rem 1rem;overflow-x:auto}
table{display:block;overflow-x:auto;border-collapse:collapse;font-size:.87rem}
th{text-align:left;font-weight:600;color:var(--soft)}th,td{padding:.3rem 1rem .3rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
td ul,details ul{margin:.2rem 0;padding-left:1.1rem}small,.soft{color:var(--soft)}
summary{cursor:pointer;color:var(--soft);font-size:.87rem}.method{font:700 .75rem ui-monospace,monospace;margin-right:.5rem}
.get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}.patch{color:var(--patch)}.delete{color:var(--delete)}
`
