/** Colours of the picture and the page, for light and for dark. All text on its ground has a contrast of 4.5 or more. */
const LIGHT = {
  ground: '#ffffff',
  panel: '#f6f8fb',
  card: '#ffffff',
  edge: '#c5cedb',
  heading: '#14213d',
  text: '#24344d',
  quiet: '#51617a',
  eks: '#2f5fd0',
  'eks-ground': '#f1f5fe',
  ecs: '#b8540b',
  'ecs-ground': '#fef6ee',
  in: '#0f6b3a',
  'in-ground': '#e0f4e7',
  out: '#8a4b00',
  'out-ground': '#fdf0d9',
  allowed: '#0f7a40',
  'denied-l4': '#c11f33',
  'denied-l7': '#8b2fb0',
  unreachable: '#8a5a00',
  broken: '#4f5b6b',
  control: '#5f6f87',
} as const

const DARK: Readonly<Record<keyof typeof LIGHT, string>> = {
  ground: '#0e1420',
  panel: '#151d2c',
  card: '#1b2536',
  edge: '#3a4a63',
  heading: '#f2f6fc',
  text: '#d5deeb',
  quiet: '#a3b2c8',
  eks: '#8fb1ff',
  'eks-ground': '#131d33',
  ecs: '#f5a45d',
  'ecs-ground': '#231a14',
  in: '#74dba0',
  'in-ground': '#143524',
  out: '#f3c069',
  'out-ground': '#3a2a10',
  allowed: '#4fd08a',
  'denied-l4': '#ff7b86',
  'denied-l7': '#d79bf2',
  unreachable: '#f0b95a',
  broken: '#a9b6c7',
  control: '#8c9cb5',
}

const variables = (colours: Readonly<Record<string, string>>): string =>
  Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')

export const FONT = "font-family:'Inter','Segoe UI','Helvetica Neue',Arial,'Liberation Sans',sans-serif"

/** The verdicts differ in their lines as well as in their colours. */
const LINES = {
  allowed: 'stroke-width:2',
  'denied-l4': 'stroke-width:2;stroke-dasharray:8 4',
  'denied-l7': 'stroke-width:2;stroke-dasharray:10 3 2 3',
  unreachable: 'stroke-width:2;stroke-dasharray:2 4',
  broken: 'stroke-width:2;stroke-dasharray:1 7;stroke-linecap:round',
  control: 'stroke-width:1.25;stroke-dasharray:3 3',
} as const

const perKind = Object.entries(LINES).map(
  ([kind, line]) => `.k-${kind}{color:var(--${kind})}.line.k-${kind}{stroke:currentColor;fill:none;${line}}`,
)

/** What holds for pictures, alone or in a page. Paper is white. */
export const pictureStyle = (root: string): string =>
  [
    `${root}{${variables(LIGHT)};color-scheme:light dark}`,
    `@media (prefers-color-scheme:dark){${root}{${variables(DARK)}}}`,
    `@media print{${root}{${variables(LIGHT)}}}`,
    `.picture text{${FONT}}`,
    '.ground{fill:var(--ground)}',
    '.eks{fill:var(--eks-ground);stroke:var(--eks);stroke-width:1.5}',
    '.ecs{fill:var(--ecs-ground);stroke:var(--ecs);stroke-width:1.5}',
    '.outside{fill:none;stroke:var(--quiet);stroke-width:1.25;stroke-dasharray:5 4}',
    '.section{fill:var(--panel);stroke:var(--edge)}',
    '.card{fill:var(--card);stroke:var(--edge)}',
    '.ghost{fill:none;stroke:var(--quiet);stroke-dasharray:4 4}',
    '.chip{fill:var(--ground);stroke:var(--edge)}',
    '.chip-in{fill:var(--in-ground);stroke:none}',
    '.chip-out{fill:var(--out-ground);stroke:var(--out);stroke-dasharray:3 2}',
    '.heading{fill:var(--heading)}',
    '.plain{fill:var(--text)}',
    '.quiet{fill:var(--quiet)}',
    '.on-chip{fill:var(--text)}',
    '.chip-in+text,.on-chip-in{fill:var(--in)}',
    '.on-chip-out{fill:var(--out)}',
    '.on-eks{fill:var(--eks)}',
    '.on-ecs{fill:var(--ecs)}',
    '.label rect{fill:var(--ground);stroke:currentColor;stroke-width:1.25}',
    '.label.wrong rect{stroke-width:2.5}',
    '.label text{fill:currentColor;font-weight:600}',
    '.sign{stroke:currentColor;fill:none;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}',
    '.tip{fill:currentColor;stroke:none}',
    ...perKind,
  ].join('\n')
