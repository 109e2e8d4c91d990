import type { FileSet, Finding } from '#api';
import { plural } from '../../data/words.ts';

interface TabsProps {
  readonly names: readonly string[];
  readonly shown: string;
  readonly before: FileSet['files'];
  readonly now: FileSet['files'];
  readonly found: readonly Finding[];
  readonly onShow: (name: string) => void;
}

/** The file and those that it includes; each says whether it was changed and how many mistakes are in it. */
export function Tabs({ names, shown, before, now, found, onShow }: TabsProps) {
  return (
    <fieldset className="tabs" aria-label="Files">
      {names.map((name) => {
        const wrong = found.filter(({ place }) => place?.file === name).length;
        return (
          <button
            key={name}
            type="button"
            aria-pressed={name === shown}
            onClick={() => onShow(name)}
          >
            {name}
            {now[name] !== before[name] && <span className="dim"> changed</span>}
            {wrong > 0 && <span className="wrong"> {plural(wrong, 'mistake')}</span>}
          </button>
        );
      })}
    </fieldset>
  );
}
