import { type ReactNode, useId } from "react";
import classes from "./toggles.module.css";

type TogglesProps<Value extends string | number> = {
  label: string;
  error?: ReactNode;
  choices: readonly { value: Value; label: string; title?: string }[];
  value: readonly Value[];
  onChange: (value: Value[]) => void;
};

/** Some of a few words that stand beside each other. */
export function Toggles<Value extends string | number>({
  label,
  error,
  choices,
  value,
  onChange,
}: TogglesProps<Value>) {
  const id = useId();
  const wrong = error !== undefined && error !== null;
  return (
    <fieldset className={classes.choices} aria-describedby={wrong ? id : undefined}>
      <legend>{label}</legend>
      <div className={classes.toggles}>
        {choices.map((choice) => (
          <label key={choice.value} className={classes.toggle} title={choice.title}>
            <input
              type="checkbox"
              aria-label={choice.title ?? choice.label}
              aria-invalid={wrong || undefined}
              checked={value.includes(choice.value)}
              onChange={(event) =>
                onChange(
                  event.currentTarget.checked
                    ? choices
                        .map((one) => one.value)
                        .filter((one) => one === choice.value || value.includes(one))
                    : value.filter((one) => one !== choice.value),
                )
              }
            />
            <span aria-hidden>{choice.label}</span>
          </label>
        ))}
      </div>
      {wrong && (
        <p id={id} className={classes.wrong}>
          {error}
        </p>
      )}
    </fieldset>
  );
}
