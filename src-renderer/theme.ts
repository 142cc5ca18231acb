// The look in figures: one accent, the system's font, one 4 px spacing scale, and every colour, in light and in dark (AA in both).
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';
import { classesOf } from './classes.ts';
import styles from './theme.module.css';

const css = classesOf(styles);

const accent: MantineColorsTuple = [
  '#eef3fd',
  '#d9e4fa',
  '#b3c8f4',
  '#8fb0f0',
  '#7ba1ee',
  '#4f7fe3',
  '#3767d6',
  '#2a55b8',
  '#224594',
  '#1a3570',
];

/** Dark enough at 6 and 7 for white words on it. */
const red: MantineColorsTuple = [
  '#fdeceb',
  '#fad6d4',
  '#f5aeab',
  '#ff9b98',
  '#ff8585',
  '#de4747',
  '#cc2f2f',
  '#b92525',
  '#9c1d1d',
  '#7d1616',
];

const dark: MantineColorsTuple = [
  '#d5dae2',
  '#b9c0cb',
  '#98a1af',
  '#67707e',
  '#3d4550',
  '#2c333d',
  '#20262e',
  '#171c23',
  '#12161c',
  '#0d1015',
];

const font =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Ubuntu, Cantarell, sans-serif';
const mono = 'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, Consolas, "Liberation Mono", monospace';

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 6 },
  colors: { accent, dark, red },
  fontFamily: font,
  fontFamilyMonospace: mono,
  fontSizes: { xs: '12px', sm: '14px', md: '15px', lg: '18px', xl: '22px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  radius: { xs: '2px', sm: '4px', md: '8px', lg: '12px', xl: '16px' },
  defaultRadius: 'md',
  headings: {
    fontFamily: font,
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '24px', lineHeight: '32px' },
      h2: { fontSize: '18px', lineHeight: '24px' },
      h3: { fontSize: '15px', lineHeight: '20px' },
    },
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // An alert's own colour is too pale for words, in yellow above all; its ground says enough.
    Alert: { styles: { title: { color: 'var(--mantine-color-text)' } } },
    Button: {
      classNames: {
        root: css('button'),
        inner: css('inner'),
        loader: css('loader'),
        section: css('section'),
      },
    },
    Modal: { styles: { title: { fontSize: 17, fontWeight: 650 } } },
    Drawer: { styles: { title: { fontSize: 14, color: 'var(--soft)' } } },
    Notification: {
      defaultProps: { closeButtonProps: { 'aria-label': 'Close' } },
      styles: { description: { color: 'var(--soft)' } },
    },
    InputWrapper: { styles: { description: { fontSize: 13, lineHeight: '18px' } } },
  },
});

/** What each colour of ours is in light and in dark: the only place that says so. In styles each is a variable (`var(--page)`). */
const colours = {
  page: ['#ffffff', dark[7]],
  panel: ['#f6f7f9', '#1e242c'],
  line: ['#dde2e8', '#2d353f'],
  'line-strong': ['#c2cad4', '#46505d'],
  text: ['#1b212a', '#dde2e9'],
  soft: ['#59626f', '#9aa4b2'],
  hover: ['#eff2f6', '#222932'],
  selected: ['#e6edfb', '#22304d'],
  focus: [accent[7], accent[3]],
  ok: ['#0a7163', '#3fc8b1'],
  'ok-soft': ['#e1f4f0', '#14332f'],
  problem: [red[7], red[4]],
  'problem-soft': [red[0], '#3b1f22'],
  attention: ['#8f5a00', '#efb94d'],
  'attention-soft': ['#fdf3dc', '#372b14'],
  unknown: ['#5b6573', '#9aa4b2'],
  amber: ['#e0a33a', '#e0a33a'],
  hollow: ['#aab3bf', '#5d6876'],
} as const satisfies Readonly<Record<string, readonly [light: string, dark: string]>>;

/** Mantine's own greys are too faint for small text; these hold 4.5:1 on the page and on panels. */
const instead = {
  body: colours.page,
  text: colours.text,
  dimmed: colours.soft,
  placeholder: ['#6b7480', '#8b95a3'],
  error: [red[7], '#ff8a8a'],
} as const;

/** The colours as CSS variables. */
export const variables: CSSVariablesResolver = () => {
  const of = (scheme: 0 | 1) =>
    Object.fromEntries([
      ...Object.entries(colours).map(([name, pair]) => [`--${name}`, pair[scheme]]),
      ...Object.entries(instead).map(([name, pair]) => [`--mantine-color-${name}`, pair[scheme]]),
    ]) as Record<string, string>;
  return {
    variables: {},
    light: { ...of(0), '--mantine-color-default-border': '#c9d0d9' },
    dark: of(1),
  };
};
