import { Select, type SelectProps } from "@mantine/core";
import { KindIcon, useKinds } from "./kinds";

type KindSelectProps = Pick<
  SelectProps,
  "label" | "placeholder" | "error" | "clearable" | "value" | "onChange"
>;

/** Chooses a kind of waste that is planned, by icon and name. */
export function KindSelect(props: KindSelectProps) {
  const kinds = useKinds();
  const data = [...kinds]
    .filter(([code, { archived }]) => !archived || code === props.value)
    .map(([code, { name }]) => ({
      value: code,
      label: name === code ? name : `${name} (${code})`,
    }));
  return (
    <Select
      {...props}
      searchable
      data={data}
      leftSection={typeof props.value === "string" ? <KindIcon code={props.value} /> : undefined}
      renderOption={({ option }) => (
        <>
          <KindIcon code={option.value} size={18} />
          {option.label}
        </>
      )}
    />
  );
}
