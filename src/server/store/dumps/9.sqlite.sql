PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE schema_version (version integer not null);
INSERT INTO schema_version VALUES(9);
CREATE TABLE networks (
      network text primary key, epoch text not null, current integer not null,
      counter integer not null, facts text not null, frozen integer not null
    );
INSERT INTO networks VALUES('kept','epoch-2',3,3,'{"inventory":{"machines":[]},"ledger":{"addresses":{"hub":["10.0.0.1","fd00::1"]},"tombstones":{"10.0.0.9":3}},"keys":{"hub":{"0":"jxTGNYDh2QRqCPgSpTLT1VEMIXaIe7A0y6NTX5MRgEM="}},"observations":{"mtu":{"hub":1500},"endpoints":{"hub":"203.0.113.10:51820"}}}',0);
INSERT INTO networks VALUES('empty','epoch-3',2,2,'{"inventory":{"machines":[]},"ledger":{"addresses":{"hub":["10.0.0.1","fd00::1"]},"tombstones":{"10.0.0.9":4}},"keys":{"hub":{"0":"jxTGNYDh2QRqCPgSpTLT1VEMIXaIe7A0y6NTX5MRgEM="}},"observations":{"mtu":{"hub":1500},"endpoints":{"hub":"203.0.113.10:51820"}}}',1);
CREATE TABLE revisions (
      network text not null references networks, number integer not null, epoch text not null,
      kind text not null, at text not null, author text not null, why text not null,
      state text not null, summary text not null, files text not null, request text, person text, approver text,
      primary key (network, number)
    );
INSERT INTO revisions VALUES('kept',1,'epoch-1','create','2026-11-20T12:00:01.000Z','ada',replace('ünïcödé and a " and a \ and a\nline','\n',char(10)),'applied','["hub gets a peer"]','{"entry":"hawser.yaml","files":{"hawser.yaml":"network: kept # 1\n","sites/a.yaml":"{}\n"}}',NULL,NULL,NULL);
INSERT INTO revisions VALUES('kept',2,'epoch-1','apply','2026-11-20T12:00:02.000Z','ada',replace('ünïcödé and a " and a \ and a\nline','\n',char(10)),'held','["hub gets a peer"]','{"entry":"hawser.yaml","files":{"hawser.yaml":"network: kept # 2\n","sites/a.yaml":"{}\n"}}',NULL,NULL,NULL);
INSERT INTO revisions VALUES('kept',3,'epoch-2','rollback','2026-11-20T12:00:03.000Z','ada',replace('ünïcödé and a " and a \ and a\nline','\n',char(10)),'applied','["hub gets a peer"]','{"entry":"hawser.yaml","files":{"hawser.yaml":"# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n# a long file\n"}}',NULL,NULL,NULL);
INSERT INTO revisions VALUES('empty',1,'epoch-3','create','2026-11-20T12:00:04.000Z','ada',replace('ünïcödé and a " and a \ and a\nline','\n',char(10)),'applied','[]','{"entry":"hawser.yaml","files":{"hawser.yaml":"network: kept # 4\n","sites/a.yaml":"{}\n"}}',NULL,NULL,NULL);
INSERT INTO revisions VALUES('empty',2,'epoch-3','apply','2026-11-20T12:00:05.000Z','ada',replace('ünïcödé and a " and a \ and a\nline','\n',char(10)),'applied','["hub gets a peer"]','{"entry":"hawser.yaml","files":{"hawser.yaml":"network: kept # 5\n","sites/a.yaml":"{}\n"}}','request-1','first','ben');
CREATE TABLE machines (
      network text not null references networks, name text not null, identity text not null,
      enrolment text not null, keys text not null, joined_at text not null, tags text not null,
      ephemeral integer not null, confirmed integer, quarantined integer, person text, member_life integer,
      primary key (network, name)
    );
INSERT INTO machines VALUES('kept','hub','jxTGNYDh2QRqCPgSpTLT1VEMIXaIe7A0y6NTX5MRgEM=','enrolled','{}','2026-11-20T12:00:05.000Z','["gpu"]',0,3,1,NULL,NULL);
INSERT INTO machines VALUES('kept','alice','jxTGNYDh2QRqCPgSpTLT1VEMIXaIe7A0y6NTX5MRgEM=','pending','{"0":"k"}','2026-11-20T12:00:05.000Z','["gpu"]',0,NULL,NULL,'first',3600);
CREATE TABLE tokens (
      id text primary key, hash text not null unique, role text not null, name text not null,
      network text, created text not null, expires text, uses_left integer, tags text not null,
      ephemeral integer not null, admits integer not null, last_used text, revoked integer not null
    , person text, member_life integer);
INSERT INTO tokens VALUES('first','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','admin','first',NULL,'2026-11-20T12:00:06.000Z',NULL,NULL,'[]',0,0,NULL,0,NULL,NULL);
INSERT INTO tokens VALUES('join','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','join','first','kept','2026-11-20T12:00:06.000Z','2026-11-20T12:00:59.000Z',2,'["people"]',1,1,'2026-11-20T12:00:07.000Z',1,'first',2592000);
CREATE TABLE audit (
      seq integer primary key autoincrement, at text not null, actor text not null, action text not null, network text,
      revision integer, detail text not null
    );
INSERT INTO audit VALUES(1,'2026-11-20T12:00:08.000Z','ada','apply',NULL,NULL,'{"why":"ü"}');
INSERT INTO audit VALUES(2,'2026-11-20T12:00:09.000Z','hub','join','kept',3,'null');
CREATE TABLE settings (key text primary key, value text not null);
INSERT INTO settings VALUES('tls','{"key":"..."}');
CREATE TABLE events (
      seq integer primary key autoincrement, network text not null, at text not null, kind text not null, machine text,
      other text, service text, text text not null
    );
CREATE TABLE history (
      network text not null, a text not null, b text not null, step integer not null,
      chunk integer not null, data text not null, primary key (network, a, b, step, chunk)
    );
CREATE TABLE cursors (name text primary key, seq integer not null);
CREATE TABLE receivers (
      network text not null, name text not null, target text not null, filter text not null,
      made text not null, sent integer not null, state text not null, primary key (network, name)
    );
CREATE TABLE alerts (
      seq integer primary key autoincrement, network text not null, at text not null, "is" text not null,
      severity text not null, kind text not null, since text not null, machine text, other text,
      service text, sites text, text text not null
    );
CREATE TABLE troubles (
      network text not null, subject text not null, data text not null,
      primary key (network, subject)
    );
CREATE TABLE silences (
      id text primary key, network text not null, machine text, site text, began text not null,
      ends text not null, author text not null, why text
    );
CREATE TABLE told (
      network text not null, identity text not null, what text not null, server text not null,
      since text not null, version integer not null, at double precision not null,
      data text not null, primary key (network, identity, what)
    );
CREATE TABLE handshakes (
      network text not null, a text not null, b text not null, at text not null,
      primary key (network, a, b)
    );
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('audit',2);
CREATE INDEX audit_at on audit (at);
CREATE UNIQUE INDEX revision_requests on revisions (network, request);
CREATE INDEX events_of on events (network, seq);
CREATE INDEX history_age on history (step, chunk);
CREATE INDEX alerts_of on alerts (network, seq);
CREATE INDEX told_news on told (network, version);
COMMIT;
