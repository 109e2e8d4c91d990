import { useMemo, useState } from 'react';
import type { NetworkStatus, TunnelsStatus } from '#api';
import { type Dot, type Island, type Line, type Mark, mapOf, widthOf } from '../data/islands.ts';
import { useSegments } from '../data/meant.ts';
import { moods, rate, statesIn } from '../data/words.ts';
import { Link } from '../parts/link.tsx';
import { NoMachines } from '../parts/states.tsx';
import { pathIn, pathOnly } from '../route.ts';

interface MapPageProps {
  readonly status: NetworkStatus;
  readonly tunnels: TunnelsStatus;
}

/** Room above and below the outermost islands and at their sides, for their names. */
const [margin, side] = [50, 85] as const;
/** A map of few islands is not blown up. */
const least = 420;

const roomOf = ({ x, y }: Mark) => ({ x, y, radius: 26 });

/** The part of the plane in which all islands are, as SVG wants it told. */
type Room = Pick<Island, 'x' | 'y' | 'radius'>;

function viewOf(islands: readonly Room[]): string {
  const reach = (far: (island: Room) => number): number => Math.max(...islands.map(far));
  const right = side + reach(({ x, radius }) => x + radius);
  const left = side + reach(({ x, radius }) => radius - x);
  const bottom = margin + reach(({ y, radius }) => y + radius);
  const top = margin + reach(({ y, radius }) => radius - y);
  const width = Math.max(left + right, least);
  const height = Math.max(top + bottom, least / 1.6);
  return `${(right - left - width) / 2} ${(bottom - top - height) / 2} ${width} ${height}`;
}

/** Sites as islands with their machines on them, and the tunnels between. */
export default function MapPage({ status, tunnels }: MapPageProps) {
  const { network, machines, revision } = status;
  const { data: layers } = useSegments(network, revision.number);
  const { islands, lines, marks, wires } = useMemo(
    () => mapOf(machines, tunnels.tunnels, layers),
    [machines, tunnels.tunnels, layers],
  );
  const [said, setSaid] = useState('');
  const view = islands.length === 0 ? '' : viewOf([...islands, ...marks.map(roomOf)]);
  // Names can be read however much is on the map, and dots of whole sites be hit.
  const [, , across = 0, down = 0] = view.split(' ').map(Number);
  const size = Math.max(11, across / 90, down / 45);
  // Where there is little room one scrolls, rather than read letters of less than nine pixels.
  const smallest = { minWidth: (9 * across) / size, minHeight: (9 * down) / size };
  const style = { '--size': `${size}px`, ...smallest } as React.CSSProperties;
  if (machines.length === 0) {
    return (
      <>
        <h1>Map</h1>
        <NoMachines network={network} />
      </>
    );
  }
  return (
    <>
      <h1>Map</h1>
      <section className="card map">
        <div className="sheet">
          <svg viewBox={view} style={style} role="group" aria-label={`Map of ${network}`}>
            {islands
              .filter(({ kind }) => kind !== 'machine')
              .map(({ key, x, y, radius }) => (
                <circle key={key} className="island" cx={x} cy={y} r={radius} />
              ))}
            {wires.map(({ key, from, to }) => (
              <line key={key} className="wire" x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
            ))}
            {lines.map((line) => (
              <Tunnel key={line.key} network={network} line={line} onSay={setSaid} />
            ))}
            {islands.map(({ key, kind, label, x, y, radius }) => (
              <text
                key={key}
                x={x}
                y={y + (kind === 'machine' ? 8 : radius) + size + 2}
                textAnchor="middle"
              >
                {labelOf(label)}
              </text>
            ))}
            {marks.map((mark) => (
              <Layer key={mark.key} network={network} mark={mark} onSay={setSaid} />
            ))}
            {islands.flatMap(({ key, dots }) =>
              dots.map((dot) => (
                <Machine key={`${key} ${dot.name}`} network={network} dot={dot} onSay={setSaid} />
              )),
            )}
          </svg>
        </div>
        <p className="dim said" aria-live="polite">
          {said === '' ? 'Point at a machine, a tunnel or a segment to hear of it.' : said}
        </p>
        <Legend hasLayers={marks.length > 0} />
      </section>
    </>
  );
}

/** What widths of lines mean, in bytes a second. */
const samples = [1e3, 1e5, 1e7];

const Sample = ({ mood, width }: { readonly mood: string; readonly width: number }) => (
  <svg viewBox="0 0 34 12" className={`tunnel ${mood}`} style={wide(width)} aria-hidden="true">
    <line x1="1" y1="6" x2="33" y2="6" />
  </svg>
);

const wide = (width: number) => ({ '--width': `${width}px` }) as React.CSSProperties;

/** As lines look, the calmest first; what each says is read off the table that they are drawn by. */
const drawn = moods.toReversed();

function Legend({ hasLayers }: { readonly hasLayers: boolean }) {
  return (
    <ul className="keys" aria-label="What the map shows">
      {drawn.map((mood) => (
        <li key={mood}>
          <Sample mood={mood} width={2.5} /> {statesIn(mood)}
        </li>
      ))}
      {samples.map((bytes, index) => (
        <li key={bytes}>
          <Sample mood="good" width={widthOf(bytes)} />
          {index === 0 ? ` up to ${rate(bytes)}` : ` ${rate(bytes)}`}
        </li>
      ))}
      {hasLayers && (
        <li>
          <svg viewBox="0 0 34 12" aria-hidden="true">
            <line className="wire" x1="1" y1="6" x2="33" y2="6" />
          </svg>{' '}
          carries a segment or a router
        </li>
      )}
    </ul>
  );
}

interface Speaking {
  readonly network: string;
  readonly onSay: (text: string) => void;
}

function Tunnel({ network, line, onSay }: Speaking & { readonly line: Line }) {
  const { from, to, mood, says, width, machines, between } = line;
  const ends = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
  const say = (): void => onSay(says);
  return (
    <Link
      to={
        machines
          ? pathIn(network, 'tunnels', ...machines)
          : pathOnly(pathIn(network, 'tunnels'), between)
      }
      label={says}
      onFocus={say}
    >
      <g className={`tunnel ${mood}`} style={wide(width)} onPointerEnter={say}>
        <line {...ends} className="near" />
        <line {...ends} />
      </g>
    </Link>
  );
}

/** A segment as a bar, a router as a square from which an arrow leads out where something may leave. */
function Layer({ network, mark, onSay }: Speaking & { readonly mark: Mark }) {
  const { kind, name, says, x, y, isOut } = mark;
  const say = (): void => onSay(says);
  const [width, height] = kind === 'segment' ? [34, 8] : [14, 14];
  return (
    <Link to={pathIn(network, 'file')} label={says} onFocus={say}>
      <g className={`layer ${kind}`} onPointerEnter={say}>
        <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx={3} />
        {isOut && <path d={`M${x + 9} ${y}h20m-6 -5l6 5l-6 5`} />}
        <text x={x} y={y + height / 2} dy="1.15em" textAnchor="middle">
          {labelOf(name)}
        </text>
      </g>
    </Link>
  );
}

/** Letters of a name that its neighbours have room for; pointing at it tells the whole. */
const most = 24;

const labelOf = (name: string): string =>
  name.length <= most ? name : `${name.slice(0, most - 1)}…`;

function Machine({ network, dot, onSay }: Speaking & { readonly dot: Dot }) {
  const { name, home, isAll, mood, says, isHub, x, y } = dot;
  const text = `${name}: ${says}`;
  const say = (): void => onSay(text);
  const to = isAll
    ? pathOnly(pathIn(network, 'machines'), [home])
    : pathIn(network, 'machines', name);
  const size = isAll ? 16 : isHub ? 9 : 6;
  return (
    <Link to={to} label={text} onFocus={say}>
      <g className={`dot ${mood}`} onPointerEnter={say}>
        {mood === 'bad' ? (
          <path
            d={`M${x} ${y - size - 2}l${size + 2} ${size + 2}l${-size - 2} ${size + 2}l${-size - 2} ${-size - 2}z`}
          />
        ) : (
          <circle cx={x} cy={y} r={size} />
        )}
      </g>
    </Link>
  );
}
