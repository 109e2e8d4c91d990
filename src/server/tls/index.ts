export { type CertificateInit, type ServerCertificate, serverCertificate } from './certificate.ts';
export { type OperatorFiles, operatorCertificate } from './operator.ts';
