export {
  type Entry as YamlEntry,
  type MapNode,
  type Node as YamlNode,
  parseYaml,
} from './document.ts';
export { errors as specErrors } from './errors.ts';
export { type FileReader, readerOf } from './files.ts';
export { generateFileFormat, generateSchema } from './generate.ts';
export { type Loaded, loadNetwork } from './load.ts';
export type * from './network.ts';
export { addMember, type NewMember, removeKey, removeMachine, setExpires } from './patch.ts';
export { tablePort, vxlanPort } from './segments/check.ts';
export type { PoolProposal } from './segments/propose.ts';
export { formatPort, parsePort } from './text/port.ts';
export { unroutable } from './unroutable.ts';
