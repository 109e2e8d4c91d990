export { type ServerCertificate, serverCertificate } from './certificate.ts';
export { operatorCertificate } from './operator.ts';
