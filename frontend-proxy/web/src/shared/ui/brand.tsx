import classes from "./brand.module.css";

/** The name, as it stands on every page. */
export function Brand() {
  return (
    <span className={classes.brand}>
      <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
        <rect className={classes.tile} width="32" height="32" rx="7" />
        <path className={classes.mark} d="M8 9h16v4.5h-5.6V24h-4.8V13.5H8z" />
      </svg>
      Trottoir
    </span>
  );
}
