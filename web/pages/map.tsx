import { useMediaQuery } from '@mantine/hooks';
import { type ReactNode, useMemo, useState } from 'react';
import type { NetworkStatus, TunnelsStatus } from '#api';
import { type Dot, type Island, type Line, type Mark, mapOf, widthOf } from '../data/islands.ts';
import { type Label, labelsOf } from '../data/labels.ts';
import { useSegments } from '../data/meant.ts';
import { moods, rate, statesIn } from '../data/words.ts';
import { LeftOutNote } from '../parts/left-out.tsx';
import { Link } from '../parts/link.tsx';
import { NoMachines } from '../parts/states.tsx';
import { pathIn, pathOnly } from '../route.ts';

interface MapPageProps {
  readonly status: NetworkStatus;
  readonly tunnels: TunnelsStatus;
}

/** What is around the outermost islands. */
interface Frame {
  /** Room above and below and at the sides, for names: they are the larger the more is on the map. */
  readonly margin: (across: number) => number;
  readonly side: number;
  /** A map of few islands is not blown up. */
  readonly least: readonly [across: number, down: number];
}

const wideFrame: Frame = {
  margin: (across) => Math.max(50, across / 50),
  side: 85,
  least: [420, 262],
};
/** Names of machines are not written on it. */
const narrowFrame: Frame = {
  margin: (across) => Math.max(40, across / 16),
  side: 45,
  least: [300, 200],
};

const roomOf = ({ x, y }: Mark) => ({ x, y, radius: 26 });

/** The part of the plane in which all islands are, as SVG wants it told. */
type Room = Pick<Island, 'x' | 'y' | 'radius'>;

function viewOf(islands: readonly Room[], { margin, side, least }: Frame): string {
  const reach = (far: (island: Room) => number): number => Math.max(...islands.map(far));
  const right = side + reach(({ x, radius }) => x + radius);
  const left = side + reach(({ x, radius }) => radius - x);
  const width = Math.max(left + right, least[0]);
  const bottom = margin(width) + reach(({ y, radius }) => y + radius);
  const top = margin(width) + reach(({ y, radius }) => radius - y);
  const height = Math.max(top + bottom, least[1]);
  return `${(right - left - width) / 2} ${(bottom - top - height) / 2} ${width} ${height}`;
}

/** How large letters are, in units of the view, and what they are on. */
function sizesOf(view: string, isNarrow: boolean) {
  const [, , across = 0, down = 0] = view.split(' ').map(Number);
  // Names can be read however much is on the map, and dots of whole sites be hit; on a telephone all is to be seen at once.
  const size = isNarrow ? Math.max(11, across / 30) : Math.max(11, across / 90, down / 45);
  const room: React.CSSProperties = isNarrow
    ? { aspectRatio: `${across} / ${down}` }
    : // In a low window one scrolls, rather than read letters of less than nine pixels.
      { minWidth: (9 * across) / size, minHeight: (9 * down) / size };
  return { size, style: { '--size': `${size}px`, ...room } as React.CSSProperties };
}

/** Sites as islands with their machines on them, and the tunnels between. */
export default function MapPage({ status, tunnels }: MapPageProps) {
  const { network, machines, revision } = status;
  const { data: layers } = useSegments(network, revision.number);
  const isNarrow = useMediaQuery('(max-width: 720px)', false, { getInitialValueInEffect: false });
  const { islands, lines, marks, wires } = useMemo(
    () => mapOf(machines, tunnels.tunnels, layers, isNarrow),
    [machines, tunnels.tunnels, layers, isNarrow],
  );
  const [said, setSaid] = useState('');
  const frame = isNarrow ? narrowFrame : wideFrame;
  const view = islands.length === 0 ? '' : viewOf([...islands, ...marks.map(roomOf)], frame);
  const { size, style } = sizesOf(view, isNarrow);
  const labels = useMemo(
    () => labelsOf(namedOn(islands, marks, isNarrow), size),
    [islands, marks, isNarrow, size],
  );
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
          <svg
            viewBox={view}
            preserveAspectRatio={isNarrow ? 'xMidYMin' : 'xMidYMid'}
            className={isNarrow ? 'brief' : undefined}
            style={style}
            role="group"
            aria-label={`Map of ${network}`}
          >
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
            {islands
              .filter(({ kind }) => kind !== 'machine')
              .map(({ key, x }) => (
                <Name key={key} x={x} label={labels.get(key)} />
              ))}
            {marks.map((mark) => (
              <Layer
                key={mark.key}
                network={network}
                mark={mark}
                label={labels.get(mark.key)}
                onSay={setSaid}
              />
            ))}
            {islands.flatMap((island) =>
              island.dots.map((dot) => (
                <Machine
                  key={`${island.key} ${dot.name}`}
                  network={network}
                  dot={dot}
                  onSay={setSaid}
                >
                  {island.kind === 'machine' && (
                    <Name x={island.x} label={labels.get(island.key)} />
                  )}
                </Machine>
              )),
            )}
          </svg>
        </div>
        <p className="dim said" aria-live="polite">
          {said === '' ? 'Point at a machine, a tunnel or a segment to hear of it.' : said}
        </p>
        <LeftOutNote leftOut={tunnels.leftOut} are="not drawn" />
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

const sizeOfMark = { segment: [34, 8], router: [14, 14] } as const;

interface LayerProps extends Speaking {
  readonly mark: Mark;
  readonly label: Label | undefined;
}

/** A segment as a bar, a router as a square from which an arrow leads out where something may leave. */
function Layer({ network, mark, label, onSay }: LayerProps) {
  const { kind, says, x, y, isOut } = mark;
  const say = (): void => onSay(says);
  const [width, height] = sizeOfMark[kind];
  return (
    <Link to={pathIn(network, 'file')} label={says} onFocus={say}>
      <g className={`layer ${kind}`} onPointerEnter={say}>
        <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx={3} />
        {isOut && <path d={`M${x + 9} ${y}h20m-6 -5l6 5l-6 5`} />}
        <Name x={x} label={label} />
      </g>
    </Link>
  );
}

interface NameProps {
  readonly x: number;
  /** undefined: there is no room for it. */
  readonly label: Label | undefined;
}

const Name = ({ x, label }: NameProps) =>
  label && (
    <text x={x} y={label.baseline} textAnchor="middle">
      {label.text}
    </text>
  );

/** What has a name beside it, the most wanted first: of segments and routers, of sites, of machines. */
const namedOn = (islands: readonly Island[], marks: readonly Mark[], isNarrow: boolean) => [
  ...marks.map(({ key, kind, name, x, y }) => ({
    ...{ key, x, y, label: name, isLabelAbove: false, far: sizeOfMark[kind][1] / 2 },
  })),
  ...islands
    .toSorted((a, b) => Number(a.kind === 'machine') - Number(b.kind === 'machine'))
    .map(({ kind, radius, ...rest }) => {
      const isMachine = kind === 'machine';
      return { ...rest, far: isMachine ? 8 : radius, isPassing: isMachine && isNarrow };
    }),
];

interface MachineProps extends Speaking {
  readonly dot: Dot;
  readonly children: ReactNode;
}

function Machine({ network, dot, onSay, children }: MachineProps) {
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
        {children}
      </g>
    </Link>
  );
}
