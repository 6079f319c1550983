import {
  type ActionIconProps,
  Button,
  type CloseButtonProps,
  type CSSVariablesResolver,
  convertCssVariables,
  createTheme,
  DEFAULT_THEME,
  type DrawerRootProps,
  defaultCssVariablesResolver,
  type InputProps,
  type InputWrapperProps,
  type MantineColorsTuple,
  type ModalRootProps,
  mergeMantineTheme,
  type RadioIndicatorProps,
  type SelectProps,
  type SkeletonProps,
} from "@mantine/core";

// Pavement and signal: warm greys, ink, and one yellow for the thing to do next. Every colour of the app is here.
const stone: MantineColorsTuple = [
  "#f7f5f2",
  "#efece7",
  "#e3dfd8",
  "#d3cec5",
  "#aaa39a",
  "#857e75",
  "#69635b",
  "#4d4842",
  "#1c1b19",
  "#12110f",
];
const night: MantineColorsTuple = [
  "#f0ede8",
  "#c9c4bc",
  "#aaa49b",
  "#7d776f",
  "#3a3733",
  "#2f2c29",
  "#211f1d",
  "#171614",
  "#121110",
  "#0c0b0a",
];

// `signal` is the thing to do next, `ink` what ends a dialog; everything else is quiet.
function buttonColors(variant: string | undefined): Record<string, string> {
  switch (variant) {
    case "signal":
      return {
        "--button-bg": "var(--signal)",
        "--button-hover": "var(--signal-hover)",
        "--button-color": "var(--on-signal)",
      };
    case "ink":
      return {
        "--button-bg": "var(--ink)",
        "--button-hover": "var(--ink-hover)",
        "--button-color": "var(--mantine-color-body)",
      };
    default:
      return {};
  }
}

export const theme = createTheme({
  colors: { stone, gray: stone, dark: night },
  primaryColor: "stone",
  primaryShade: { light: 8, dark: 1 },
  autoContrast: true,
  black: "#1c1b19",
  white: "#ffffff",
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: "ui-monospace, monospace",
  headings: {
    fontWeight: "650",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.25" },
      h2: { fontSize: "1.125rem", lineHeight: "1.35" },
      h3: { fontSize: "1rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: "md",
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "8px", xl: "8px" },
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  shadows: { xs: "none", sm: "none", md: "none", lg: "none", xl: "none" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({
      defaultProps: { variant: "default", size: "md" },
      vars: (_, { variant }) => ({ root: buttonColors(variant) }),
    }),
    // By name, so that only the pages that show one load it.
    Input: { defaultProps: { size: "md" } satisfies InputProps },
    InputWrapper: { defaultProps: { size: "md" } satisfies InputWrapperProps },
    RadioIndicator: {
      defaultProps: { iconColor: "var(--mantine-color-body)" } satisfies RadioIndicatorProps,
    },
    ActionIcon: { defaultProps: { variant: "subtle", size: 44 } satisfies ActionIconProps },
    CloseButton: { defaultProps: { size: 44, iconSize: 20 } satisfies CloseButtonProps },
    Skeleton: { defaultProps: { radius: "md" } satisfies SkeletonProps },
    // Enter takes what is found first.
    Select: { defaultProps: { selectFirstOptionOnChange: true } satisfies Partial<SelectProps> },
    // Scroll locking writes a style element, which the content security policy forbids; base.css locks instead.
    DrawerRoot: {
      defaultProps: {
        lockScroll: false,
        transitionProps: { duration: 150 },
      } satisfies Partial<DrawerRootProps>,
      styles: { title: { fontWeight: 650, lineHeight: 1.3 } },
    },
    ModalRoot: {
      defaultProps: {
        lockScroll: false,
        transitionProps: { duration: 100 },
      } satisfies Partial<ModalRootProps>,
      styles: { title: { fontWeight: 650, lineHeight: 1.3 } },
    },
  },
});

export const tokens: CSSVariablesResolver = () => ({
  variables: {
    "--signal": "#f5b800",
    "--signal-hover": "#ffc72e",
    "--on-signal": "#1c1b19",
    "--radius": "8px",
    // Kinds of points on a map; each has a letter too.
    "--tone-1": "#1f5f8b",
    "--tone-2": "#8a3b12",
    "--tone-3": "#256b41",
    "--tone-4": "#6b3fa0",
    "--tone-5": "#a0245e",
    "--tone-6": "#0f6b6b",
    "--tone-7": "#6b5a00",
    "--tone-8": "#4d4842",
    "--on-tone": "#ffffff",
  },
  light: {
    "--mantine-color-body": stone[0],
    "--mantine-color-default-border": "#857e75",
    "--mantine-color-error": "#b3261e",
    "--mantine-color-dimmed": stone[6],
    "--mantine-color-placeholder": stone[6],
    "--surface": "#ffffff",
    "--sunken": stone[1],
    "--pressed": "#e8e4dd",
    "--line": stone[2],
    "--line-strong": "#857e75",
    "--ink": "#1c1b19",
    "--ink-hover": stone[7],
    "--ink-2": "#534d47",
    "--good": "#256b41",
    "--bad": "#b3261e",
    "--late": "#8f4700",
    "--late-surface": "#fdf0e0",
    "--bad-surface": "#fcebe9",
    "--scrim": "rgb(28 27 25 / 40%)",
    // How much of a waste kind's own colour is in what it is shown on, and in its edge.
    "--kind-tint": "22%",
    "--kind-edge": "80%",
  },
  dark: {
    "--mantine-color-body": night[7],
    "--mantine-color-error": "#ff9a90",
    "--mantine-color-dimmed": night[2],
    "--mantine-color-placeholder": "#a09a91",
    "--mantine-color-default": night[6],
    "--mantine-color-default-border": "#87817a",
    "--surface": night[6],
    "--sunken": "#1b1917",
    "--pressed": night[5],
    "--line": night[4],
    "--line-strong": "#87817a",
    "--ink": night[0],
    "--ink-hover": "#ffffff",
    "--ink-2": "#b8b2a9",
    "--good": "#7fcf9c",
    "--bad": "#ff9a90",
    "--late": "#f0b26b",
    "--late-surface": "#35281a",
    "--bad-surface": "#3a211e",
    "--scrim": "rgb(0 0 0 / 60%)",
    "--kind-tint": "34%",
    "--kind-edge": "65%",
  },
});

// MantineProvider would write these variables into a style element. An adopted sheet needs no `unsafe-inline`.
export function adoptThemeSheet(): void {
  const merged = mergeMantineTheme(DEFAULT_THEME, theme);
  const base = defaultCssVariablesResolver(merged);
  const own = tokens(merged);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    convertCssVariables(
      {
        variables: { ...base.variables, ...own.variables },
        light: { ...base.light, ...own.light },
        dark: { ...base.dark, ...own.dark },
      },
      ":root",
    ),
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
