import type { PyroEntry } from '#api';
import { type Column, Table } from '../../parts/table.tsx';

const columns: readonly Column<PyroEntry>[] = [
  {
    name: 'Object',
    least: 9,
    share: 1.2,
    value: ({ name }) => name,
    show: ({ name }) => <span title={name}>{name}</span>,
  },
  {
    name: 'Tags',
    least: 8,
    share: 1.2,
    value: ({ tags }) => tags.join(' '),
    show: ({ tags }) => (
      <span title={tags.join(' ')}>
        {tags.map((tag) => (
          <span key={tag} className="tag">
            {tag}
          </span>
        ))}
      </span>
    ),
  },
  {
    name: 'Address',
    least: 28,
    share: 1.6,
    rank: 1,
    isBelow: true,
    value: ({ uri }) => uri,
    show: ({ uri }) => <code title={uri}>{uri}</code>,
  },
];

interface ObjectsProps {
  /** The name server. */
  readonly of: string;
  readonly objects: readonly PyroEntry[];
  /** How many there are besides. */
  readonly more?: number | undefined;
}

/** All that is registered at a name server. */
export const Objects = ({ of, objects, more }: ObjectsProps) => (
  <section>
    <h3>Registered objects</h3>
    <Table
      label={`objects of ${of}`}
      rows={objects}
      columns={columns}
      keyOf={({ name }) => name}
      textOf={({ name, uri, tags }) => [name, uri, ...tags].join(' ')}
    />
    {more !== undefined && <p className="dim only">and {more} more, not listed</p>}
  </section>
);
