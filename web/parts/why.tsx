import { TextInput } from '@mantine/core';

interface WhyProps {
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/** Where somebody says why a change is made; it stands in the history. */
export const Why = ({ value, onValue }: WhyProps) => (
  <TextInput
    size="xs"
    className="seek"
    label="Why"
    value={value}
    onChange={(event) => onValue(event.currentTarget.value)}
  />
);
