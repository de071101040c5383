import { FONT, pictureStyle } from './style.ts'

/** The page's own style; the colours are the picture's. */
export const pageStyle = `${pictureStyle(':root')}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--ground);color:var(--text);${FONT};font-size:16px;line-height:1.5}
header,main,footer,nav{max-width:1280px;margin:0 auto;padding:0 24px}
header{padding-top:32px}
h1{margin:0;font-size:1.9rem;line-height:1.2;color:var(--heading);letter-spacing:-.01em}
h2{margin:36px 0 8px;font-size:1.3rem;color:var(--heading)}
h3{margin:28px 0 8px;font-size:1.05rem;color:var(--heading)}
p{margin:6px 0}
.lead{color:var(--quiet)}
.skip{position:absolute;left:-999px}
.skip:focus{left:24px;top:8px;padding:6px 12px;background:var(--ground);z-index:1}
a{color:var(--eks)}
:focus-visible{outline:3px solid var(--eks);outline-offset:2px}
nav ul{display:flex;flex-wrap:wrap;gap:4px 20px;margin:20px 0 0;padding:0;list-style:none}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(180px,1fr));gap:12px;margin:24px 0 0;padding:0;list-style:none}
.tiles li{padding:14px 18px;border:1px solid var(--edge);border-left:5px solid var(--quiet);border-radius:10px;background:var(--panel)}
.tiles .good{border-left-color:var(--allowed)}
.tiles .bad{border-left-color:var(--denied-l4)}
.tiles b{display:block;font-size:1.5rem;line-height:1.25;color:var(--heading);font-weight:650}
.tiles span{color:var(--quiet);font-size:.92rem}
.scroll{overflow-x:auto;border:1px solid var(--edge);border-radius:10px;margin:8px 0}
figure{margin:8px 0 28px}
figcaption{margin-bottom:8px}
figcaption h3{margin:0}
figure svg.picture{display:block;width:100%;min-width:760px;height:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;padding:10px 14px;color:var(--quiet);font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:8px 14px;border-top:1px solid var(--edge)}
thead th{background:var(--panel);color:var(--heading);white-space:nowrap}
tbody th{font-weight:600;color:var(--heading)}
td.number,th.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
ul.lines{margin:0;padding-left:1.1em}
td code{display:inline-block;min-width:24ch;overflow-wrap:anywhere}
.verdict{white-space:nowrap;font-weight:600}
.verdict .sign{vertical-align:-1px;margin-right:5px}
.matrix td{min-width:150px}
.wrong{box-shadow:inset 0 0 0 2px currentColor}
.complaint{display:block;white-space:normal;font-weight:600}
details summary{cursor:pointer}
details>ul{margin:6px 0 0;padding-left:1.1em;color:var(--text);font-size:.88rem;overflow-wrap:anywhere}
.note{padding:12px 16px;border-left:4px solid var(--out);background:var(--panel);border-radius:6px}
footer{margin-top:48px;padding-bottom:40px;color:var(--quiet);font-size:.9rem}
@media (max-width:640px){header,main,footer,nav{padding-left:14px;padding-right:14px}h1{font-size:1.5rem}.tiles{grid-template-columns:1fr 1fr}.tiles b{font-size:1.2rem}th,td{padding:7px 10px}}
@media print{nav,.skip{display:none}.scroll{overflow:visible;border:none}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}figure svg.picture{min-width:0}body{font-size:11pt}header,main,footer{max-width:none;padding:0}}
`
