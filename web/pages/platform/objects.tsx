import type { PyroEntry } from '#api';
import { type Column, Table } from '../../parts/table.tsx';

const columns: readonly Column<PyroEntry>[] = [
  {
    name: 'Object',
    width: 'minmax(9rem, 1.2fr)',
    value: ({ name }) => name,
    show: ({ name }) => <span title={name}>{name}</span>,
  },
  {
    name: 'Tags',
    width: 'minmax(8rem, 1.2fr)',
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
    width: 'minmax(10rem, 1.6fr)',
    isExtra: true,
    value: ({ uri }) => uri,
    show: ({ uri }) => <code title={uri}>{uri}</code>,
  },
];

interface ObjectsProps {
  /** The name server. */
  readonly of: string;
  readonly objects: readonly PyroEntry[];
}

/** All that is registered at a name server. */
export const Objects = ({ of, objects }: ObjectsProps) => (
  <section>
    <h3>Registered objects</h3>
    <Table
      label={`objects of ${of}`}
      rows={objects}
      columns={columns}
      keyOf={({ name }) => name}
      textOf={({ name, uri, tags }) => [name, uri, ...tags].join(' ')}
    />
  </section>
);
