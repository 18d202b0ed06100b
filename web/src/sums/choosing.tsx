/** A choice of one of the registry, or of all. */
import { nameIn, type Named } from "./names";

interface Given { label: string; all: string; named: readonly Named[]; value: string; onChoose: (id: string) => void }

export function Choosing({ label, all, named, value, onChoose }: Given) {
  return (
    <label>{label}<select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
      <option value="">{all}</option>
      {named.map((one) => <option key={one.id} value={one.id}>{nameIn(named, one.id)}</option>)}
    </select></label>
  );
}
